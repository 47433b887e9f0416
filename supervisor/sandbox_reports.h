/*
 * What workers say of their sandboxes. Many say the same: each text is kept once and logged once.
 */
#ifndef EXACHECK_SANDBOX_REPORTS_H
#define EXACHECK_SANDBOX_REPORTS_H

#define SANDBOX_REPORTS_MAX 64	     /* texts kept */
#define SANDBOX_REPORTS_OF_METHOD 8 /* ... of one method: honest workers have a few, others do not take their place */

struct sandbox_reports;

/* NULL: out of memory. */
struct sandbox_reports *sandbox_reports_new(void);
void sandbox_reports_free(struct sandbox_reports *);

/*
 * The kept copy of what a check's worker applied, which lives as long as the reports; text: printable. The first
 * time that a method's worker says this it is logged. Never NULL: what cannot be kept is "unknown".
 */
const char *sandbox_reports_keep(struct sandbox_reports *, const char *method, const char *check, const char *text);

#endif
