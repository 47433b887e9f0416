/*
 * `status --watch`: the table of status on the whole screen, anew each second. Touches the terminal. Invariant: however it
 * ends, the terminal is as it was.
 */
#include <curses.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../common/monotime.h"
#include "map.h"
#include "moment.h"
#include "screen.h"
#include "status.h"
#include "watch_rows.h"

#define REFRESH_NS NS_PER_SECOND
#define PATIENCE_S 3.0 /* keys wait as long */
#define FILTER_SIZE 64
#define ESCAPE 27
#define HEAD_LINES 3 /* above the rows: exacheck, summary, titles */

struct watch {
	const struct ctl *ctl;
	struct client *client;
	struct status status;
	bool known; /* there is a status */
	const char *trouble; /* why not; the client's */
	struct watch_order order;
	char filter[FILTER_SIZE];
	bool filtering, helping, over;
	size_t top; /* first row that is shown */
	size_t rows; /* of the table that was drawn last */
	int column;  /* while a line is drawn */
};

static volatile sig_atomic_t ended_by; /* a signal */

static void
signal_note(int number)
{
	ended_by = number;
}

static void
terminal_leave(void)
{
	if (!isendwin())
		endwin();
}

/* The screen. */

static attr_t
colour_attribute(enum colour colour)
{
	static const attr_t plain[COLOURS] = {[COLOUR_BAD] = A_BOLD, [COLOUR_TITLE] = A_REVERSE, [COLOUR_CHANGING] = A_BOLD};

	if (!screen_has_colour() || !has_colors() || colour == COLOUR_TITLE)
		return plain[colour];
	return COLOR_PAIR((unsigned)colour) | (colour == COLOUR_BAD ? A_BOLD : 0);
}

static void
colours_begin(void)
{
	static const short colours[COLOURS] = {[COLOUR_GOOD] = COLOR_GREEN, [COLOUR_CHANGING] = COLOR_YELLOW,
		[COLOUR_BAD] = COLOR_RED, [COLOUR_OFF] = COLOR_CYAN};

	if (!screen_has_colour() || start_color() == ERR)
		return;
	use_default_colors();
	for (short i = COLOUR_GOOD; i < COLOUR_TITLE; i++)
		init_pair(i, colours[i], -1);
}

/* Text from the cursor on, cut at the edge. */
static void
piece_draw(void *context, enum colour colour, const char *text)
{
	struct watch *watch = context;
	size_t room = watch->column < COLS ? (size_t)(COLS - watch->column) : 0, length = screen_prefix(text, room);

	attrset(colour_attribute(colour));
	addnstr(text, (int)length);
	attrset(A_NORMAL);
	watch->column += (int)screen_columns(text);
}

static void
line_draw(struct watch *watch, int line, enum colour colour, const char *text)
{
	if (line >= LINES)
		return;
	move(line, 0);
	watch->column = 0;
	piece_draw(watch, colour, text);
}

static void
table_draw(struct watch *watch, struct table *table)
{
	size_t room = LINES > HEAD_LINES + 1 ? (size_t)(LINES - HEAD_LINES - 1) : 0;

	watch->rows = table_rows(table);
	if (watch->top + room > watch->rows)
		watch->top = watch->rows > room ? watch->rows - room : 0;
	table_layout(table, COLS > 0 ? (size_t)COLS : 1);
	move(HEAD_LINES - 1, 0);
	watch->column = 0;
	table_line(table, TABLE_TITLE, piece_draw, watch);
	for (size_t i = 0; i < room && watch->top + i < watch->rows; i++) {
		move(HEAD_LINES + (int)i, 0);
		watch->column = 0;
		table_line(table, watch->top + i, piece_draw, watch);
	}
}

static void
head_draw(struct watch *watch)
{
	char line[512], when[MOMENT_SIZE], uptime[MOMENT_SIZE];
	char *summary, *exabgp;

	if (!watch->known) {
		line_draw(watch, 0, COLOUR_BAD, "not running, or not to be seen: trying again");
		line_draw(watch, 1, COLOUR_NONE, watch->trouble != NULL ? watch->trouble : "");
		return;
	}
	summary = status_summary(&watch->status);
	exabgp = strstr(summary, "; ExaBGP "); /* what is most in need of being seen is not to be cut */
	snprintf(line, sizeof(line), "%s exacheck %s, pid %lld, runs for %s%s",
	    moment_format(watch->status.now, watch->status.now, when), map_word(watch->status.exacheck, "version"),
	    (long long)map_integer(watch->status.exacheck, "pid"),
	    period_format((int64_t)(map_number(watch->status.exacheck, "uptime_s") * 1000), uptime),
	    exabgp != NULL ? exabgp : "");
	line_draw(watch, 0, COLOUR_NONE, line);
	if (exabgp != NULL)
		*exabgp = '\0';
	line_draw(watch, 1, COLOUR_NONE, summary);
	free(summary);
}

/* The last line: what is being typed, or what keys there are. */
static void
foot_draw(struct watch *watch)
{
	char line[512];

	if (watch->filtering)
		snprintf(line, sizeof(line), "filter: %s_", watch->filter);
	else if (*watch->filter != '\0' || watch->order.column < NODES_COLUMNS)
		snprintf(line, sizeof(line), "%zu shown%s%s%s%s%s; ? help, q quit", watch->rows,
		    *watch->filter != '\0' ? ", with " : "", watch->filter,
		    watch->order.column < NODES_COLUMNS ? ", sorted by " : "",
		    watch->order.column < NODES_COLUMNS ? nodes_table_title(watch->order.column) : "",
		    watch->order.reverse ? ", reverse" : "");
	else
		snprintf(line, sizeof(line), "s sort, S reverse, / filter, arrows and pages scroll, ? help, q quit");
	line_draw(watch, LINES - 1, COLOUR_TITLE, line);
}

static void
help_draw(struct watch *watch)
{
	static const char *const lines[] = {
	    "s           sort by the next column, after the last as in the configuration",
	    "S           reverse the order",
	    "/           show only what holds a text in its name, state or prefixes",
	    "Escape      show everything again",
	    "arrows, Page Up, Page Down, Home, End",
	    "            scroll",
	    "?           this help, and back",
	    "q           quit",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		line_draw(watch, HEAD_LINES + (int)i, COLOUR_NONE, lines[i]);
}

static void
screen_draw(struct watch *watch)
{
	struct table *table;

	erase();
	watch->rows = 0;
	head_draw(watch);
	if (watch->helping) {
		help_draw(watch);
	} else if (watch->known) {
		table = watch_rows(&watch->status, watch->filter, &watch->order);
		table_draw(watch, table);
		table_free(table);
	}
	foot_draw(watch);
	refresh();
}

/* Keys. */

static void
filter_key(struct watch *watch, int key)
{
	size_t length = strlen(watch->filter);

	if (key == '\n' || key == '\r' || key == KEY_ENTER) {
		watch->filtering = false;
	} else if (key == ESCAPE) {
		watch->filtering = false;
		watch->filter[0] = '\0';
	} else if ((key == KEY_BACKSPACE || key == 127 || key == '\b') && length > 0) {
		do /* a whole character */
			watch->filter[--length] = '\0';
		while (length > 0 && (watch->filter[length - 1] & 0x80) != 0 && (watch->filter[length - 1] & 0xc0) != 0xc0);
	} else if (key >= ' ' && key < 256 && key != 127 && length < FILTER_SIZE - 1) {
		watch->filter[length] = (char)key;
		watch->filter[length + 1] = '\0';
	}
	watch->top = 0;
}

static void
scroll_key(struct watch *watch, int key)
{
	size_t page = LINES > HEAD_LINES + 2 ? (size_t)(LINES - HEAD_LINES - 2) : 1, top = watch->top;

	if (key == KEY_DOWN)
		top++; /* drawing stops it at the end */
	else if (key == KEY_NPAGE)
		top += page;
	else if (key == KEY_END)
		top = watch->rows;
	else if (key == KEY_HOME)
		top = 0;
	else if (key == KEY_UP)
		top -= top > 0;
	else if (key == KEY_PPAGE)
		top -= top > page ? page : top;
	watch->top = top;
}

static void
command_key(struct watch *watch, int key)
{
	if (key == 'q')
		watch->over = true;
	else if (key == 's')
		watch->order.column = (watch->order.column + 1) % (NODES_COLUMNS + 1);
	else if (key == 'S')
		watch->order.reverse = !watch->order.reverse;
	else if (key == '/')
		watch->filtering = true;
	else if (key == '?')
		watch->helping = !watch->helping;
	else if (key == ESCAPE)
		watch->filter[0] = '\0';
	else
		scroll_key(watch, key);
}

static void
key_take(struct watch *watch, int key)
{
	if (key == KEY_RESIZE)
		clearok(stdscr, TRUE); /* who has moved what was there is the terminal: nobody knows where */
	if (key == ERR || key == KEY_RESIZE)
		return;
	if (watch->filtering)
		filter_key(watch, key);
	else
		command_key(watch, key);
}

/* The status as it is now, in place of the former. */
static void
status_renew(struct watch *watch)
{
	struct status status;

	if (watch->known)
		status_free(&watch->status);
	watch->known = status_fetch(&status, watch->client, watch->ctl->names, watch->ctl->count, false);
	if (watch->known)
		watch->status = status;
	else
		client_error(watch->client, &watch->trouble);
}

static void
watch_run(struct watch *watch)
{
	monotime_t due = monotime_now();
	int64_t left_ns;

	while (!watch->over && ended_by == 0) {
		left_ns = monotime_left(due, monotime_now());
		if (left_ns == 0) {
			status_renew(watch);
			due = monotime_next(due, REFRESH_NS, monotime_now());
		}
		screen_draw(watch);
		timeout((int)(monotime_left(due, monotime_now()) / NS_PER_MILLISECOND) + 1);
		key_take(watch, getch());
	}
}

/* False: there is no terminal that can do this. */
static bool
terminal_enter(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	const struct sigaction action = {.sa_handler = signal_note};

	if (!screen_is_terminal() || isatty(STDIN_FILENO) != 1 || newterm(NULL, stdout, stdin) == NULL)
		return false;
	atexit(terminal_leave);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &action, NULL);
	colours_begin();
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	set_escdelay(50);
	curs_set(0);
	return true;
}

enum ctl_exit
command_watch(const struct ctl *ctl)
{
	struct watch watch = {.ctl = ctl, .order = {.column = NODES_COLUMNS}};

	if (!terminal_enter()) {
		ctl_warn("--watch needs a terminal that TERM names, for its input and its output");
		return CTL_USAGE;
	}
	watch.client = client_new(ctl, PATIENCE_S);
	watch_run(&watch);
	terminal_leave();
	if (watch.known)
		status_free(&watch.status);
	client_free(watch.client);
	if (ended_by != 0) {
		signal(ended_by, SIG_DFL);
		raise(ended_by);
	}
	return CTL_DONE;
}
