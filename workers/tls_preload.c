/*
 * The order of things in the spawners of http and of tls. Invariant: after it no worker reads a file for TLS, but for those
 * that its own arguments name.
 */
#include "tls_preload.h"

#include <time.h>
#include <unistd.h>

#include "../common/log.h"
#include "resolve.h"
#include "tls_material.h"
#include "tls_memory.h"
#include "tls_rehearsal.h"

void
tls_preload(void (*library)(void))
{
	tls_memory_open();
	library();
	tls_rehearse();
	tls_memory_close();
	tzset(); /* certificates' times read the time zone's file at first use, which a sandboxed worker cannot */
	if (!tls_material_preload()) {
		log_errorx("out of memory while CA certificates were read");
		_exit(1); /* and is started again, with growing delays */
	}
	resolve_preload();
	tls_memory_fill();
}
