/*
 * The journal's file. Touches "journal" and "journal.new" in the runtime directory. Invariant: a journal that can be
 * read at its place names every route that ExaBGP may have from us and that is not configured any more; when it cannot
 * be kept so, it is made invalid before the next command goes out.
 *
 * A record is appended before its command is written, and the header, which counts the records, is rewritten in place
 * after it: killed between the two, exacheck leaves one record more than the header counts. Nothing is synced to the
 * disk, which could hold up the checks: a machine that loses power loses ExaBGP and its routes as well, and the
 * kernel's boot id tells that such a journal means nothing.
 *
 * Notes are written likewise, yet never cost a route its record: where there is no room for both they are left out.
 */
#include "journal.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "../common/log.h"
#include "../common/monotime.h"
#include "journal_file.h"
#include "journal_record.h"
#include "lock.h"
#include "loop.h"
#include "runtime_path.h"

#define REWRITE_MIN_BYTES (64 * 1024)	  /* a smaller one is not worth the work */
#define REWRITE_FACTOR 4		  /* times what it was when it was last written anew */
#define TICK_NS (60 * NS_PER_SECOND)

struct journal {
	char *directory, *path, *new_path;
	struct ledger *ledger;
	struct event *tick;
	int lock; /* -1: there is no journal */
	int fd;	  /* -1: it cannot be written now */
	struct journal_header header;
	uint64_t size, size_limit;
	void (*notes)(void *context, struct journal_draft *); /* NULL: there are none to be kept */
	void *notes_context;
	void (*attend)(void *context); /* NULL: nobody does */
	void *attend_context;
	char *text; /* what was read, until the journal begins; records refer to it */
	struct journal_record *records;
	size_t record_count;
	bool complained;
	bool predecessor; /* it was read */
	bool upgraded;	  /* this very process wrote it */
	size_t carried;	  /* routes that it said were announced */
};

/* Writing. */

/* All of it, or false with errno. */
static bool
write_at(int fd, const void *bytes, size_t length, uint64_t place)
{
	ssize_t written = pwrite(fd, bytes, length, (off_t)place);

	if (written == (ssize_t)length)
		return true;
	if (written >= 0)
		errno = ENOSPC;
	return false;
}

static bool
header_write(int fd, const struct journal_header *header)
{
	char text[JOURNAL_HEADER_SIZE];

	journal_header_encode(header, text);
	return write_at(fd, text, sizeof(text), 0);
}

static void
header_count(struct journal_header *header, const char *line, size_t length)
{
	header->records++;
	header->crc = (uint32_t)crc32_z(header->crc, (const unsigned char *)line, length);
}

/* A journal in the making. */
struct journal_draft {
	FILE *file;
	struct journal_header header;
	uint64_t size;
	bool failed;
};

static void
draft_line(struct journal_draft *draft, const char *line, size_t length)
{
	header_count(&draft->header, line, length);
	draft->size += length;
	draft->failed = fwrite(line, 1, length, draft->file) != length;
}

static void
draft_add(void *context, const struct route *route)
{
	static const enum journal_kind kinds[] = {[ROUTE_ANNOUNCED] = JOURNAL_ANNOUNCE,
	    [ROUTE_WITHDRAWN] = JOURNAL_WITHDRAW};
	struct journal_draft *draft = context;
	char line[JOURNAL_RECORD_MAX];
	const char *attributes;
	enum route_status kept = route_kept(route, &attributes);
	size_t length;

	if (kept == ROUTE_UNKNOWN || draft->failed)
		return;
	length = journal_record_encode(kinds[kept], route_key(route), attributes, line, sizeof(line));
	if (length == 0) {
		errno = EMSGSIZE;
		draft->failed = true;
		return;
	}
	draft_line(draft, line, length);
}

void
journal_draft_note(struct journal_draft *draft, const struct journal_note *note)
{
	char line[JOURNAL_RECORD_MAX];
	size_t length = journal_note_encode(note, line, sizeof(line));

	if (length > 0 && !draft->failed && draft->size + length <= JOURNAL_SIZE_MAX)
		draft_line(draft, line, length);
}

/* Everything that the ledger keeps, into the file, and notes if wanted. False with errno. */
static bool
draft_write(struct journal_draft *draft, const struct journal *journal, bool notes)
{
	char text[JOURNAL_HEADER_SIZE] = "";

	draft->header = (struct journal_header){.identity = journal->header.identity};
	draft->size = sizeof(text);
	draft->failed = fwrite(text, 1, sizeof(text), draft->file) != sizeof(text);
	ledger_each(journal->ledger, draft_add, draft);
	if (!draft->failed && draft->size > JOURNAL_SIZE_MAX) {
		errno = EFBIG;
		draft->failed = true;
	}
	if (notes && !draft->failed)
		journal->notes(journal->notes_context, draft);
	return !draft->failed && fflush(draft->file) == 0 && header_write(fileno(draft->file), &draft->header);
}

/* When to write it anew. */
static void
journal_limit(struct journal *journal, uint64_t size)
{
	if (size < REWRITE_MIN_BYTES)
		size = REWRITE_MIN_BYTES;
	journal->size_limit = size < JOURNAL_SIZE_MAX ? size : JOURNAL_SIZE_MAX;
}

/* Write the journal anew beside the old one and put it in its place. */
static bool
journal_replace(struct journal *journal, bool notes)
{
	int fd = open(journal->new_path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600), error;
	int kept = fd != -1 ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1;
	struct journal_draft draft = {.file = kept != -1 ? fdopen(fd, "r+e") : NULL};
	bool written = draft.file != NULL && draft_write(&draft, journal, notes) &&
	    rename(journal->new_path, journal->path) == 0;

	error = errno;
	if (draft.file != NULL)
		fclose(draft.file);
	else if (fd != -1)
		close(fd);
	if (!written) {
		if (kept != -1)
			close(kept);
		if (fd != -1)
			unlink(journal->new_path);
		errno = error;
		return false;
	}
	if (journal->fd != -1)
		close(journal->fd);
	journal->fd = kept;
	journal->header = draft.header;
	journal->size = draft.size;
	journal_limit(journal, draft.size * REWRITE_FACTOR);
	return true;
}

bool
journal_ours(const struct journal *journal)
{
	return journal->lock != -1 && lock_in_place(journal->lock, journal->directory);
}

/*
 * The runtime directory may have been removed, or replaced: then it is locked anew, unless another exacheck was
 * quicker. False with errno.
 */
static bool
journal_lock_again(struct journal *journal)
{
	int lock;

	if (journal_ours(journal))
		return true;
	if ((lock = lock_take(journal->directory, 0)) == -1)
		return false;
	close(journal->lock);
	journal->lock = lock;
	loop_arm(journal->tick, 0); /* what else belongs there is gone, too */
	return true;
}

/* The same, if need be without the notes. False with errno: the old one, if there is one, is as it was. */
static bool
journal_rewrite(struct journal *journal)
{
	if (!journal_lock_again(journal))
		return false;
	return (journal->notes != NULL && journal_replace(journal, true)) || journal_replace(journal, false);
}

static bool
journal_append(struct journal *journal, const char *line, size_t length)
{
	struct stat st;

	if (length == 0) {
		errno = EMSGSIZE;
		return false;
	}
	/* Removed: what is written there nobody will read. */
	if (fstat(journal->fd, &st) == 0 && st.st_nlink == 0) {
		errno = ENOENT;
		return false;
	}
	if (!write_at(journal->fd, line, length, journal->size))
		return false;
	journal->size += length;
	header_count(&journal->header, line, length);
	return header_write(journal->fd, &journal->header);
}

/* What is in the file is true no longer: whoever reads it must see that. */
static void
journal_invalidate(struct journal *journal)
{
	struct stat st;

	if (journal->fd == -1)
		return;
	if ((fstat(journal->fd, &st) != 0 || st.st_nlink > 0) && (!journal_ours(journal) || unlink(journal->path) != 0) &&
	    ftruncate(journal->fd, 0) != 0 && !write_at(journal->fd, "invalid", 7, 0))
		log_error("%s can be neither written nor removed, and no longer says what is announced: "
			  "remove it before exacheck is started again", journal->path);
	close(journal->fd);
	journal->fd = -1;
}

/* Try to have a journal again. */
static void
journal_recover(struct journal *journal)
{
	if (journal_rewrite(journal)) {
		if (journal->complained)
			log_info("%s is written again", journal->path);
		journal->complained = false;
		loop_arm(journal->tick, 0);
		return;
	}
	if (!journal->complained)
		log_warn("%s cannot be written: tried again every minute; without it a route that is no longer "
			 "configured when exacheck is killed stays announced", journal->path);
	journal->complained = true;
}

/* It has grown. While there is no room for a second one the first still serves, as long as it would be read. */
static void
journal_shrink(struct journal *journal)
{
	if (journal_rewrite(journal))
		return;
	if (journal->size > JOURNAL_SIZE_MAX) {
		journal_invalidate(journal);
		journal_recover(journal);
	} else
		journal_limit(journal, journal->size * 2);
}

static void
journal_said(void *context, const struct route *route, enum route_news news)
{
	static const enum journal_kind kinds[] = {[ROUTE_NEWS_ANNOUNCE] = JOURNAL_ANNOUNCE,
	    [ROUTE_NEWS_WITHDRAW] = JOURNAL_WITHDRAW, [ROUTE_NEWS_GONE] = JOURNAL_DONE};
	struct journal *journal = context;
	char line[JOURNAL_RECORD_MAX];
	const char *attributes;

	if (journal->fd == -1)
		return;
	route_kept(route, &attributes);
	if (!journal_append(journal, line,
	    journal_record_encode(kinds[news], route_key(route), attributes, line, sizeof(line)))) {
		journal_invalidate(journal);
		journal_recover(journal);
	} else if (journal->size > journal->size_limit)
		journal_shrink(journal);
}

void
journal_note(struct journal *journal, const struct journal_note *note)
{
	char line[JOURNAL_RECORD_MAX];
	size_t length = journal_note_encode(note, line, sizeof(line));
	uint64_t size = journal->size;

	if (journal->fd == -1 || journal->notes == NULL || length == 0 || size + length > JOURNAL_SIZE_MAX)
		return;
	if (journal_append(journal, line, length)) {
		if (journal->size > journal->size_limit)
			journal_shrink(journal);
	} else if (journal->size != size || errno == ENOENT || ftruncate(journal->fd, (off_t)size) != 0) {
		/* not only this note is missing */
		journal_invalidate(journal);
		journal_recover(journal);
	}
}

void
journal_keep_notes(struct journal *journal, void (*notes)(void *, struct journal_draft *), void *context)
{
	journal->notes = notes;
	journal->notes_context = context;
	journal_renew(journal);
}

/* Where it cannot be written it stays, and with it the notes that it had: routes are what matters. */
void
journal_renew(struct journal *journal)
{
	if (journal->fd != -1)
		journal_rewrite(journal);
}

static void
on_tick(evutil_socket_t fd, short what, void *context)
{
	struct journal *journal = context;
	struct stat st;

	(void)fd;
	(void)what;
	if (journal->fd != -1 && ((fstat(journal->fd, &st) == 0 && st.st_nlink == 0) || !journal_ours(journal)))
		journal_invalidate(journal);
	if (journal->fd == -1)
		journal_recover(journal);
	loop_arm(journal->tick, TICK_NS);
	if (journal->fd != -1 && journal->attend != NULL)
		journal->attend(journal->attend_context);
}

void
journal_on_turn(struct journal *journal, void (*attend)(void *context), void *context)
{
	journal->attend = attend;
	journal->attend_context = context;
}

/* Reading. */

static bool
records_carry(struct journal *journal, const struct journal_record *records, size_t count)
{
	for (size_t i = 0; i < count && records[i].kind != JOURNAL_NOTE; i++) {
		if (!ledger_carry(journal->ledger, &records[i].key, records[i].attributes))
			return false;
		journal->carried += records[i].attributes != NULL;
	}
	return true;
}

static bool
journal_take(struct journal *journal, char *text, size_t length, bool child)
{
	const struct journal_identity *now = &journal->header.identity;
	struct journal_header header;
	const char *reason;
	bool carried = true;

	switch (journal_decode(text, length, now->boot, &header, &journal->records, &journal->record_count, &reason)) {
	case JOURNAL_VALID:
		carried = records_carry(journal, journal->records, journal->record_count);
		journal->predecessor = true;
		if (child && (header.identity.parent != now->parent ||
				 header.identity.parent_start != now->parent_start))
			log_info("ExaBGP seems to have been restarted since %s was written", journal->path);
		break;
	case JOURNAL_OTHER_BOOT:
		log_debug("%s was written before this machine started: nothing of it is announced", journal->path);
		break;
	case JOURNAL_INVALID:
		log_warnx("%s is ignored: %s", journal->path, reason);
		break;
	case JOURNAL_NO_MEMORY:
		carried = false;
		break;
	}
	return carried;
}

static void
records_free(struct journal *journal)
{
	free(journal->records);
	free(journal->text);
	journal->records = NULL;
	journal->text = NULL;
	journal->record_count = 0;
}

const char *
journal_noted(const struct journal *journal, const char *key)
{
	return journal_note_find(journal->records, journal->record_count, key);
}

bool
journal_load(struct journal *journal, bool child)
{
	size_t length;
	bool taken = true;

	if (journal->lock == -1)
		return true;
	if ((journal->text = journal_file_read(journal->path, &length)) != NULL)
		taken = journal_take(journal, journal->text, length, child);
	else if (errno == ENOMEM)
		taken = false;
	else if (errno != ENOENT)
		log_warn("%s is ignored", journal->path);
	if (!taken)
		errno = ENOMEM;
	return taken;
}

void
journal_begin(struct journal *journal, size_t unclaimed)
{
	if (journal->upgraded)
		log_debug("the journal is written anew");
	else if (journal->predecessor)
		log_info("carrying %zu route%s of a predecessor, withdrawing %zu that %s no longer configured",
		    journal->carried - unclaimed, journal->carried - unclaimed == 1 ? "" : "s", unclaimed,
		    unclaimed == 1 ? "is" : "are");
	else
		log_info("no journal: every configured route is withdrawn first");
	records_free(journal);
	if (journal->lock == -1)
		return;
	/* The one that was read is not told what is said from now on. */
	if (!journal_rewrite(journal)) {
		if (journal_ours(journal))
			journal->fd = open(journal->path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
		journal_invalidate(journal);
		journal_recover(journal);
	}
	ledger_on_said(journal->ledger, journal_said, journal);
	loop_arm(journal->tick, TICK_NS);
}

static int
journal_take_lock(const char *directory)
{
	int lock = lock_take(directory, JOURNAL_LOCK_PATIENCE_NS);

	if (lock == -1 && errno == EAGAIN)
		log_warnx("another exacheck (process %d) uses %s: going on without a journal; give each an "
			  "exacheck.runtime_dir of its own", lock_holder(directory), directory);
	else if (lock == -1)
		log_warn("cannot use the runtime directory %s, going on without a journal: set exacheck.runtime_dir, "
			 "or EXACHECK_RUNTIME of a healthcheck, to a directory that this user can write", directory);
	return lock;
}

struct journal *
journal_new(struct event_base *base, const char *directory, struct ledger *ledger, int lock)
{
	struct journal *journal = calloc(1, sizeof(*journal));

	if (journal == NULL)
		return NULL;
	journal->fd = -1;
	journal->lock = -1;
	journal->ledger = ledger;
	journal->directory = strdup(directory);
	journal->path = runtime_path(directory, RUNTIME_JOURNAL);
	journal->new_path = runtime_path(directory, RUNTIME_JOURNAL ".new");
	journal->tick = event_new(base, -1, 0, on_tick, journal);
	if (journal->directory == NULL || journal->path == NULL || journal->new_path == NULL || journal->tick == NULL) {
		journal_free(journal);
		errno = ENOMEM;
		return NULL;
	}
	/* A limit on the size of files is to be an error as any other. */
	signal(SIGXFSZ, SIG_IGN);
	journal_identity_learn(&journal->header.identity);
	journal->upgraded = lock != JOURNAL_LOCK_TAKE;
	if (journal->upgraded)
		journal->lock = lock;
	else
		journal->lock = journal_take_lock(directory);
	return journal;
}

int
journal_lock(const struct journal *journal)
{
	return journal->lock;
}

static void
count_kept(void *context, const struct route *route)
{
	*(size_t *)context += route_kept(route, NULL) != ROUTE_UNKNOWN;
}

void
journal_free(struct journal *journal)
{
	size_t kept = 0;

	if (journal == NULL)
		return;
	ledger_on_said(journal->ledger, NULL, NULL);
	if (journal->fd != -1) {
		ledger_each(journal->ledger, count_kept, &kept);
		if (kept == 0 && journal->notes == NULL && journal_ours(journal))
			unlink(journal->path);
		close(journal->fd);
	}
	if (journal->tick != NULL)
		event_free(journal->tick);
	if (journal->lock != -1)
		close(journal->lock);
	records_free(journal);
	free(journal->directory);
	free(journal->path);
	free(journal->new_path);
	free(journal);
}
