/*
 * The control command that tells what happened, and follows what happens. Reads only. Invariant: events are told in
 * their order, and those that are gone before they could be told are counted.
 */
#include "control_internal.h"
#include "events.h"

void
control_heard(void *context)
{
	answers_wake(context, control_events);
}

/* answer->rank: whether it has begun; answer->number: of the last event that was told, or is gone. */
static enum control_step
events_begin(struct control_answer *answer, uint64_t last, uint64_t kept)
{
	uint64_t since = answer->request.since;

	answer->rank = 1;
	/* all that is kept; also for one who has heard of more than there was, from another life of exacheck */
	answer->number = since == 0 || since > last ? kept : since;
	return STEP_MORE;
}

enum control_step
control_events(struct control_answer *answer)
{
	const struct events *events = answer->control->view->events;
	uint64_t last = events_last(events), kept = last > EVENTS_KEPT ? last - EVENTS_KEPT : 0, lost;

	if (answer->rank == 0)
		return events_begin(answer, last, kept);
	if (answer->number < kept) {
		lost = kept - answer->number;
		answer->number = kept;
		return answer_more(answer, "lost", json_pack("{sI}", "count", (json_int_t)lost));
	}
	if (answer->number == last)
		return answer->request.follow ? STEP_WAIT : STEP_DONE;
	return answer_more(answer, "event", view_event(events_at(events, ++answer->number)));
}
