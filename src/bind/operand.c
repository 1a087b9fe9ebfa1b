/* What stock Lua calls the operand of a failed operation: "local 'x'", "field 'y'", "global 'z'". Stock finds it in its
   bytecode; for a value that only a graph knows the operation is ours, and the name is found in the tree: of
   the operations of that kind on the line that failed. */
#include "bind/context.h"
#include "lang/ast.h"
#include <string.h>

struct search {
	lua_State *L;
	const struct chunk *c;
	const struct func *f;
	uint32_t line;
	bool index;         /* an indexing, else the operators */
	const char *method; /* that of a method call of this name only; NULL: any */
	bool op[OPR_COUNT];
	int which, found; /* 1 or 2; names found, in the table at the top */
};

static const struct {
	const char *event;
	enum ast_op op;
} events[] = {{"add", OPR_ADD},       {"sub", OPR_SUB},   {"mul", OPR_MUL},   {"mod", OPR_MOD},
              {"pow", OPR_POW},       {"div", OPR_DIV},   {"idiv", OPR_IDIV}, {"band", OPR_BAND},
              {"bor", OPR_BOR},       {"bxor", OPR_BXOR}, {"shl", OPR_SHL},   {"shr", OPR_SHR},
              {"concat", OPR_CONCAT}, {"unm", OPR_NEG},   {"bnot", OPR_BNOT}, {"len", OPR_LEN}};

static bool is_env(const struct ast *e) { return e->kind == AST_NAME && !strcmp(e->name->s, "_ENV"); }

/* The kind and the name of an expression as stock has them; false: it has none. */
static bool describe(const struct search *s, const struct ast *e, const char **kind, const char **name)
{
	e = ast_compiled(e);
	switch (e->kind) {
	case AST_STRING: *kind = "constant", *name = e->name->s; return true;
	case AST_NAME:
		if (e->u.var && e->u.var->constant) return false;
		if (e->u.var) *kind = e->u.var->func == s->f ? "local" : "upvalue";
		else *kind = is_env(e) ? "upvalue" : "global";
		*name = e->name->s;
		return true;
	case AST_FIELD:
		*kind = is_env(e->kid[0]) ? "global" : "field";
		*name = e->name->s;
		return true;
	case AST_INDEX: {
		const struct ast *k = ast_constant(e->kid[1]);
		*kind = k->kind == AST_STRING && is_env(e->kid[0]) ? "global" : "field";
		*name = k->kind == AST_STRING                                          ? k->name->s
		        : k->kind == AST_INTEGER && k->u.i >= 0 && k->u.i <= UINT8_MAX ? "integer index"
		                                                                       : "?";
		return true;
	}
	default: return false;
	}
}

/* A variable and the names of fields, as elements 3, 4... of the table at the top; false: e is something else. */
static bool path(struct search *s, const struct ast *e)
{
	const char *kind, *name;
	e = ast_compiled(e);
	if (e->kind == AST_NAME && !e->u.var) {
		lua_pushliteral(s->L, "_ENV");
		lua_rawseti(s->L, -2, 3);
		if (is_env(e)) return true;
	} else if (e->kind == AST_FIELD || e->kind == AST_INDEX) {
		if (!path(s, e->kid[0])) return false;
	} else if (e->kind != AST_NAME) {
		return false;
	}
	if (!describe(s, e, &kind, &name) || *name == '?' || !strcmp(name, "integer index")) return false;
	lua_pushstring(s->L, name);
	lua_rawseti(s->L, -2, (lua_Integer)lua_rawlen(s->L, -2) + 1);
	return true;
}

static void add(struct search *s, const struct ast *e)
{
	const char *kind = "", *name = "";
	bool named = describe(s, e, &kind, &name);
	lua_createtable(s->L, 2, 0);
	lua_pushstring(s->L, named ? kind : "");
	lua_rawseti(s->L, -2, 1);
	lua_pushstring(s->L, name);
	lua_rawseti(s->L, -2, 2);
	if (named && !path(s, e)) {
		lua_pushnil(s->L); /* not followed to its end: no path */
		lua_rawseti(s->L, -2, 3);
	}
	const struct ast *value = ast_constant(ast_compiled(e));
	switch (value->kind) {
	case AST_INTEGER: lua_pushinteger(s->L, value->u.i); break;
	case AST_FLOAT: lua_pushnumber(s->L, value->u.n); break;
	case AST_STRING: lua_pushlstring(s->L, value->name->s, value->name->len); break;
	default: lua_pushnil(s->L);
	}
	lua_setfield(s->L, -2, "value");
	lua_rawseti(s->L, -2, ++s->found);
}

/* In the order of evaluation; inner functions are others. */
static void walk(struct search *s, const struct ast *e)
{
	bool indexing = e->kind == AST_FIELD || e->kind == AST_INDEX || e->kind == AST_METHOD;
	indexing = indexing && s->index && (e->line == s->line || e->kid[0]->line == s->line);
	indexing = indexing && (!s->method || (e->kind == AST_METHOD && !strcmp(e->name->s, s->method)));
	for (uint32_t i = 0; i < e->nkids; i++) {
		if (e->kid[i] && e->kid[i]->kind != AST_FUNCTION) walk(s, e->kid[i]);
		if (indexing && i == 0 && e->kind == AST_METHOD) add(s, e->kid[0]); /* before its arguments */
	}
	if (indexing && e->kind != AST_METHOD) add(s, e->kid[0]);
	else if (s->index || e->line != s->line) return;
	else if (e->kind == AST_BINOP && s->op[e->op]) add(s, e->kid[s->which - 1]);
	else if (e->kind == AST_UNOP && s->op[e->op]) add(s, e->kid[0]);
}

/* operands(chunk, ordinal, line, event, which[, method]) -> { { kind, name }, ... } for each operation on that line of
   the function whose metamethod is that event: its first or second operand; kind "" for one without a name. When it is
   a variable or a field of a field of one, the names on the way follow; `value` is that of a number or a string.
   method: of an indexing, the name that is called. */
int operand_names(lua_State *L)
{
	const char *event = lua_tostring(L, 4);
	struct search s = {
	    .L = L, .c = bind_chunk(L, 1), .line = (uint32_t)lua_tointeger(L, 3), .which = (int)lua_tointeger(L, 5)};
	lua_Integer ordinal = lua_tointeger(L, 2);
	lua_newtable(L);
	if (!s.c || !event || ordinal < 0 || ordinal >= s.c->nfuncs || s.which < 1 || s.which > 2) return 1;
	s.index = !strcmp(event, "index");
	s.method = lua_tostring(L, 6);
	for (size_t i = 0; i < COUNT_OF(events); i++)
		if (!strcmp(event, events[i].event)) s.op[events[i].op] = true;
	s.f = s.c->func[ordinal];
	luaL_checkstack(L, 8, "operands");
	if (s.c->func[0]->node->depth <= AST_DEPTH) walk(&s, s.f->node);
	return 1;
}
