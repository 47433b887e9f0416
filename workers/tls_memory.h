/*
 * Where OpenSSL's objects lie in the spawners of http and of tls. After the fork, a page that a worker writes to
 * is copied, and at every connection OpenSSL writes reference counts and locks of many small objects: side by
 * side they take a quarter of the pages. Only these two link it; it reads and writes nothing but memory.
 */
#ifndef EXACHECK_TLS_MEMORY_H
#define EXACHECK_TLS_MEMORY_H

/*
 * From here to tls_memory_close, OpenSSL's objects that every connection writes to are put together. To be
 * called before OpenSSL's first allocation and while there is one thread. Where OpenSSL declines, nothing changes
 * but the number of pages.
 */
void tls_memory_open(void);
void tls_memory_close(void);

/*
 * Take up the free pieces of the heap, for good, so that a worker's own objects begin on pages of their own
 * instead of on pages that it shares. To be called last in the spawner.
 */
void tls_memory_fill(void);

#endif
