/*
 * What ExaBGP's configuration needs for exacheck, for the head of an imported configuration: see import_heading.
 */
#ifndef EXACHECK_PROCESS_BLOCK_H
#define EXACHECK_PROCESS_BLOCK_H

#define PROCESS_BLOCK \
	"process exacheck {\n" \
	"    run " EXACHECK_SBINDIR "/exacheck run -f /etc/exabgp/exacheck.yaml;\n" \
	"    encoder text;\n" \
	"}\n" \
	"neighbor 192.0.2.254 {\n" \
	"    # addresses, AS numbers, and in family { } those of the prefixes below\n" \
	"    api { processes [ exacheck ]; neighbor-changes; }\n" \
	"}\n"

#endif
