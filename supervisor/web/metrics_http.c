/*
 * Metrics as an answer. Touches nothing. Invariant: what is kept of a format is that of the model's present sequence.
 */
#include "metrics_http.h"

#include "metrics.h"

#define NODE_SIZE 6144 /* about, of one as text */

/* Made once for all who ask before something changes; NULL: out of memory. */
static struct body *
answer(const struct model *model, enum metrics_format format)
{
	static struct {
		struct body *body;
		uint64_t sequence;
	} kept[METRICS_FORMATS];
	size_t length;
	char *text;

	if (kept[format].body == NULL || kept[format].sequence != model_sequence(model)) {
		body_drop(kept[format].body);
		text = metrics_make(model, format, &length);
		kept[format].body = body_new(text, text != NULL ? length : 0);
		kept[format].sequence = model_sequence(model);
	}
	return body_keep(kept[format].body);
}

void
metrics_serve(const struct model *model, struct evhttp_request *request)
{
	enum metrics_format format = metrics_negotiate(http_header(request, "Accept"));
	struct body *body;

	if (!body_room(model_count(model) * NODE_SIZE)) {
		http_reply_line(request, 503, "too many answers are being read, slowly");
		return;
	}
	body = answer(model, format);
	http_reply(request, 200, metrics_content_type(format), body);
	body_drop(body);
}
