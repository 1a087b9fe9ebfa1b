/* cons.c: the tables of a graph. Inside src/graph only. */
#ifndef GRAPH_CONS_H
#define GRAPH_CONS_H
#include "graph/graph.h"

struct cons *cons_new(struct mem *m, struct err *e);
void cons_free(struct mem *m, struct cons *c);
bool cons_pure(enum op op); /* may a node of this op stand for an equal one? */

/* Nodes. A key is a node that does not exist yet. */
struct cons_key {
	enum op op;
	const ref *in;
	int nin;
	const int64_t *attr;
	int nattr;
	const struct type *type; /* const and undef: part of the key; else NULL */
	uint32_t hash;           /* set by cons_find */
};
uint32_t cons_find(const struct graph *g, struct cons_key *k);                /* node number, 0: none visible */
bool cons_link(struct graph *g, uint32_t node, uint32_t hash, struct err *e); /* of its key; numbers must ascend */
void cons_unlink_from(struct graph *g, uint32_t first);                       /* forgets nodes >= first */
bool cons_rebuild(struct graph *g); /* from the nodes visible in the open region */

/* Strings and sites: the number of an equal one, or UINT32_MAX. The caller adds and links. */
uint32_t cons_find_string(const struct graph *g, const char *s, size_t n);
uint32_t cons_find_site(const struct graph *g, const struct site *s);
bool cons_link_string(struct graph *g, uint32_t id, struct err *e);
bool cons_link_site(struct graph *g, uint32_t id, struct err *e);
#endif
