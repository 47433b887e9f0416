/*
 * A notification's URL taken apart: SCHEME://[USER[:PASSWORD]@]HOST[:PORT][/PATH][?PARAMETERS], as Apprise writes
 * them.
 */
#ifndef EXACHECK_NOTIFY_PARTS_H
#define EXACHECK_NOTIFY_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "notify_url.h"
#include "url.h"

#define NOTIFY_SCHEME_SIZE 32
#define NOTIFY_URL_MAX 8192
#define NOTIFY_PARAMETERS_MAX 64

struct notify_parameter {
	char sign;	   /* '+', '-' or ':' before its name; '\0': none */
	const char *name;  /* without percent-encoding, as the value */
	const char *value; /* "": there is none */
};

struct notify_parts {
	char scheme[NOTIFY_SCHEME_SIZE]; /* in lower case */
	const char *user;		 /* without percent-encoding; NULL: none */
	const char *password;
	char host[URL_HOST_SIZE]; /* name or address, without brackets */
	unsigned port;		  /* 0: the scheme's */
	const char *path;	  /* as it was written, from its slash; "": none */
	struct notify_parameter parameters[NOTIFY_PARAMETERS_MAX];
	size_t count;
	char *text; /* what the pointers point into */
	size_t size;
};

/*
 * Take it apart; notify_parts_free ends it. False, with nothing to free, and a reason that phrases what "url: "
 * begins. In user and password the last @ of several ends them.
 */
bool notify_parts_parse(struct notify_parts *, const char *url, char error[static NOTIFY_URL_ERROR_SIZE]);

/*
 * The same for a URL that is somebody else's to take apart: its scheme, and that it is one line of some text behind
 * its ://.
 */
bool notify_other_check(const char *url, char error[static NOTIFY_URL_ERROR_SIZE]);

/* Parameters that have a say in what stands before the path: user=, pass= or password=, port=. False with error. */
bool notify_parts_override(struct notify_parts *, char error[static NOTIFY_URL_ERROR_SIZE]);

/* Wipes it: it holds secrets. */
void notify_parts_free(struct notify_parts *);

/* The value of a parameter without sign, names in any case; NULL: there is none, or it is empty. */
const char *notify_parts_value(const struct notify_parts *, const char *name);

/* Whether certificates are verified: yes, unless there is a parameter "verify" that says no. */
bool notify_parts_verify(const struct notify_parts *);

/* Of a parameter "ca_file": a file of CA certificates, malloc'd; NULL: there is none. False: out of memory. */
bool notify_parts_ca_file(const struct notify_parts *, char **path);

/* A refusal: sets error, returns false. */
bool notify_url_refuse(char error[static NOTIFY_URL_ERROR_SIZE], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
