/*
 * The order of things in the spawners of http and of tls. Invariant: after it no worker reads a file for TLS, but for those
 * that its own arguments name.
 */
#include "tls_preload.h"

#include <time.h>

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
	tls_material_preload();
	resolve_preload();
	tls_memory_fill();
}
