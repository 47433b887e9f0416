/*
 * How many clients there may be at once, and how long each may take: absolutely, whatever it sends or reads meanwhile.
 */
#ifndef EXACHECK_WEB_LIMITS_H
#define EXACHECK_WEB_LIMITS_H

#define LIMITS_REQUEST_S 5 /* until the request is complete */
#define LIMITS_WHOLE_S 30  /* until the answer is sent */
#define LIMITS_CONNECTIONS 64

struct event_base;
struct evconnlistener;
struct limits;

/*
 * Watch every socket that this process has from now on, but for those that it has already. The listener outlives the
 * result. NULL: out of memory.
 */
struct limits *limits_new(struct event_base *, struct evconnlistener *);
void limits_free(struct limits *);

/* Somebody has come, or is about to. */
void limits_came(struct limits *);

/* The request on this descriptor is complete. */
void limits_asked(struct limits *, int fd);

#endif
