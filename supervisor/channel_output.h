/*
 * exabgp.output: "stdout", "fifo DIRECTORY" or "socket PATH". Pure.
 */
#ifndef EXACHECK_CHANNEL_OUTPUT_H
#define EXACHECK_CHANNEL_OUTPUT_H

enum output_kind { OUTPUT_STDOUT, OUTPUT_FIFO, OUTPUT_SOCKET };

/*
 * What the text means; NULL counts as stdout. *path is within the text, NULL with stdout. Returns NULL, or what is
 * wrong: "must be …".
 */
const char *output_parse(const char *text, enum output_kind *, const char **path);

#endif
