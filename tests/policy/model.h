/*
 * What exacheck must say, worked out from the documentation alone: no code of the supervisor's is used here, and
 * nothing is kept that can be worked out anew. Naive and slow. Pure; time in nanoseconds is a parameter.
 */
#ifndef EXACHECK_TESTS_MODEL_H
#define EXACHECK_TESTS_MODEL_H

#include "spec.h"

#define MODEL_NEVER INT64_MAX
#define MODEL_TEXT 128

enum model_verdict { MODEL_UNDECIDED, MODEL_UP, MODEL_DOWN, MODEL_DISABLED };

enum model_wish {
	MODEL_NOTHING,
	MODEL_WISH_UP,
	MODEL_WISH_DOWN,
	MODEL_WISH_DISABLED,
	MODEL_WISH_DRAIN,
	MODEL_WITHDRAW
};

struct model_node {
	unsigned owner; /* in the order of being made, or given other routes */
	bool overridden;
	/* A check's own */
	bool disabled; /* by its file */
	int passes, failures; /* consecutive */

	enum model_verdict verdict, found;
	int64_t since;
	enum model_wish wish;
	int64_t drained; /* of MODEL_WISH_DRAIN */
	unsigned guarded; /* in the order of being refused, 0: is not */
	int64_t guarded_at;
	size_t lost;
	int64_t lost_at;
	char text[SPEC_SETS][SPEC_ROUTED][MODEL_TEXT]; /* empty: it withdraws */
	unsigned char prefix[SPEC_KEYS]; /* which of its prefixes a route is of; SPEC_ROUTED: none */
};

/* What ExaBGP was told of a route. */
struct model_route {
	bool carried, said, announced;
	char text[MODEL_TEXT]; /* it was announced with */
	bool inherited; /* a predecessor announced it, and nothing was said of it since */
};

struct model {
	struct spec spec;
	struct model_node nodes[SPEC_NODES]; /* as spec_node has them */
	struct model_route routes[SPEC_KEYS];
	unsigned owners, refusals;
};

/* The texts and the table of a node. */
void model_routes_make(struct model_node *, const struct spec_node *);

/* Before anything else, at most once a route. text NULL: it was wanted gone. */
void model_carry(struct model *, unsigned key, const char *text);

/* Also of the first configuration. Time: never before that of an earlier call, here and below. */
void model_reload(struct model *, const struct spec *, int64_t now);
void model_result(struct model *, size_t check, bool pass, int64_t now);
void model_disable(struct model *, size_t check, bool disabled, int64_t now);
/* Of a check or a group. */
void model_override(struct model *, size_t rank, bool overridden, int64_t now);
void model_turn(struct model *, int64_t now);

/* Another program goes on: of what happened at one time, it has no order but that of the file. */
void model_upgrade(struct model *);

/* When something will happen by itself; MODEL_NEVER. */
int64_t model_next(const struct model *, int64_t now);

/* When a change of the verdict waits: until when; else MODEL_NEVER. */
int64_t model_held(const struct model *, size_t rank);

enum model_say { MODEL_SAY_NOTHING, MODEL_SAY_ANNOUNCE, MODEL_SAY_WITHDRAW };
/* What is to be said of a route. text: set to the attributes of an announce. */
enum model_say model_say(const struct model *, unsigned key, const char **text);
/* What ExaBGP has then; NULL: nothing. had: what it has now. */
const char *model_rib(const struct model *, unsigned key, const char *had);
/* All of it was said. */
void model_said(struct model *);

#endif
