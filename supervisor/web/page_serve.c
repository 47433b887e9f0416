/*
 * The status page is asked for. Touches nothing. Invariant: the model is of no account, the page asks for it itself.
 */
#include <event2/http.h>

#include "http.h"
#include "page.h"

void
page_serve(const struct model *model, struct evhttp_request *request)
{
	/* there is a path: it is what this was called for */
	const struct page_file *file = page_find(evhttp_uri_get_path(evhttp_request_get_evhttp_uri(request)));

	(void)model;
	if (file == NULL)
		http_reply_line(request, 404, "there is no such page");
	else
		http_reply_static(request, file->type, file->data, (size_t)(file->end - file->data));
}
