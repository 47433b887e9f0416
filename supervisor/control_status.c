/*
 * Control commands that tell what is and was of nodes: version, status, history. Reads only. Invariant: a node a step.
 */
#include "control_internal.h"

enum control_step
control_version(struct control_answer *answer)
{
	json_t *map = view_exacheck(answer->control->view);

	if (map != NULL && json_object_set_new(map, "protocol", json_integer(CONTROL_PROTOCOL)) == -1) {
		json_decref(map);
		map = NULL;
	}
	return answer_say(answer, "exacheck", map) ? STEP_DONE : STEP_MEMORY;
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
