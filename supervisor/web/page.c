/*
 * The files of the status page as they are in page/, each taken in by the assembler. Touches nothing. Invariant: what is
 * served is what the file held when this was compiled, which the Makefile does again when one of them has changed.
 */
#include "page.h"

#include <string.h>

/* SYMBOL and SYMBOL_end: the bytes of a file, whose path is from the directory that the compiler runs in. */
#define PAGE_FILE(SYMBOL, FILE)                                                                                        \
	__asm__(".pushsection .rodata\n"                                                                               \
		".global " #SYMBOL ", " #SYMBOL "_end\n"                                                               \
		".hidden " #SYMBOL ", " #SYMBOL "_end\n"                                                               \
		#SYMBOL ": .incbin \"supervisor/web/page/" FILE "\"\n"                                                 \
		#SYMBOL "_end: .byte 0\n"                                                                              \
		".popsection\n");                                                                                      \
	extern const char SYMBOL[], SYMBOL##_end[]

PAGE_FILE(page_index, "index.html");
PAGE_FILE(page_style, "style.css");
PAGE_FILE(page_icon, "favicon.svg");
PAGE_FILE(page_icon_down, "favicon-down.svg");
PAGE_FILE(page_script, "page.js");
PAGE_FILE(page_details, "details.js");
PAGE_FILE(page_dom, "dom.js");
PAGE_FILE(page_model, "model.js");
PAGE_FILE(page_place, "place.js");
PAGE_FILE(page_row, "row.js");
PAGE_FILE(page_status, "status.js");
PAGE_FILE(page_strip, "strip.js");
PAGE_FILE(page_table, "table.js");
PAGE_FILE(page_text, "text.js");

#define HTML "text/html; charset=utf-8"
#define CSS "text/css; charset=utf-8"
#define SCRIPT "text/javascript; charset=utf-8"
#define ICON "image/svg+xml"

const struct page_file page_files[] = {
	{"/", HTML, page_index, page_index_end},
	{"/style.css", CSS, page_style, page_style_end},
	{"/favicon.svg", ICON, page_icon, page_icon_end},
	{"/favicon-down.svg", ICON, page_icon_down, page_icon_down_end},
	/* what a browser asks for that shows the JSON or the metrics */
	{"/favicon.ico", ICON, page_icon, page_icon_end},
	{"/page.js", SCRIPT, page_script, page_script_end},
	{"/details.js", SCRIPT, page_details, page_details_end},
	{"/dom.js", SCRIPT, page_dom, page_dom_end},
	{"/model.js", SCRIPT, page_model, page_model_end},
	{"/place.js", SCRIPT, page_place, page_place_end},
	{"/row.js", SCRIPT, page_row, page_row_end},
	{"/status.js", SCRIPT, page_status, page_status_end},
	{"/strip.js", SCRIPT, page_strip, page_strip_end},
	{"/table.js", SCRIPT, page_table, page_table_end},
	{"/text.js", SCRIPT, page_text, page_text_end},
	{NULL, NULL, NULL, NULL},
};

const struct page_file *
page_find(const char *path)
{
	for (const struct page_file *file = page_files; file->path != NULL; file++)
		if (strcmp(file->path, path) == 0)
			return file;
	return NULL;
}
