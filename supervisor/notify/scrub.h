/*
 * Another program's words, without what it was told in confidence. Pure.
 */
#ifndef EXACHECK_NOTIFY_SCRUB_H
#define EXACHECK_NOTIFY_SCRUB_H

/*
 * Replace by asterisks, in place, every piece of the URL that is longer than 3 characters (all of it, its parts, and
 * the words of letters and digits in these, as they stand in it or with percent-encoding taken away; not its scheme)
 * wherever it stands in text, in any case.
 */
void scrub_url(char *text, const char *url);

#endif
