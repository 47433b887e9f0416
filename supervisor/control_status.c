/*
 * Control commands that tell what is and was of nodes: version, status, history. Reads only. Invariant: a node a step.
 */
#include "control_internal.h"
#include "state.h"

enum control_step
control_version(struct control_answer *answer)
{
	const struct control *control = answer->control;
	json_t *map = view_exacheck(control->view), *clients = json_pack("{sI sI sI sI}", "now", (json_int_t)control->count,
	    "accepted", (json_int_t)control->accepted, "dropped", (json_int_t)control->dropped,
	    "refused", (json_int_t)control->refused);
	bool whole = state_put(map, "clients", clients);

	if (whole && state_put(map, "protocol", json_integer(CONTROL_PROTOCOL)))
		return answer_say(answer, "exacheck", map) ? STEP_DONE : STEP_MEMORY;
	json_decref(map);
	return STEP_MEMORY;
}

/* exacheck itself, then a node each time. */
enum control_step
control_status(struct control_answer *answer)
{
	const struct control *control = answer->control;
	enum view_detail detail = answer->request.full ? VIEW_FULL : VIEW_BRIEF;
	size_t rank;

	if (answer->number++ == 0)
		return answer_more(answer, "exacheck", view_exacheck(control->view));
	if (!select_next(answer, &rank))
		return STEP_DONE;
	return answer_more(answer, rank < checks_count(control->checks) ? "check" : "group",
	    view_node(control->view, rank, detail, monotime_now()));
}

enum control_step
control_history(struct control_answer *answer)
{
	const struct control *control = answer->control;
	json_t *changes, *map = NULL;
	size_t rank;

	if (!select_next(answer, &rank))
		return STEP_DONE;
	if ((changes = view_history(control->view, rank)) != NULL)
		map = json_pack("{ss so}", "name", checks_node(control->checks, rank)->config->name, "changes", changes);
	return answer_more(answer, "history", map);
}
