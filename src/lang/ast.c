/* Names of the kinds of nodes and the readable form of a tree (--dump=ast). */
#include "lang/ast.h"

/* clang-format off */
const char *const ast_kind_name[AST_KINDS] = {
	"nil", "true", "false", "integer", "float", "string", "vararg", "function", "name", "index", "field", "call",
	"method", "paren", "binop", "unop", "table", "pair", "local", "localfunction", "functionstat", "assign", "callstat",
	"do", "while", "repeat", "if", "arm", "fornum", "forin", "return", "break", "goto", "label", "empty", "block", "list",
};
const char *const ast_op_text[OPR_COUNT] = {
	"+", "-", "*", "%", "^", "/", "//", "&", "|", "~", "<<", ">>", "..", "==", "<", "<=", "~=", ">", ">=", "and", "or",
	"-", "~", "not", "#",
};

const struct ast *ast_inside(const struct ast *n)
{
	while (n->kind == AST_PAREN) n = n->kid[0];
	return n;
}

const struct ast *ast_constant(const struct ast *n)
{
	n = ast_inside(n);
	return n->kind == AST_NAME && n->u.var && n->u.var->constant ? n->u.var->konst : n;
}

bool ast_sure(const struct ast *n, bool truth)
{
	enum ast_op op = truth ? OPR_OR : OPR_AND; /* `y and nil`, `y or 1` */
	for (n = ast_constant(n); n->kind == AST_BINOP && n->op == op;) n = ast_constant(n->kid[1]);
	if (!truth) return n->kind == AST_NIL || n->kind == AST_FALSE;
	return n->kind == AST_TRUE || n->kind == AST_INTEGER || n->kind == AST_FLOAT || n->kind == AST_STRING;
}

const struct ast *ast_compiled(const struct ast *n)
{
	n = ast_inside(n);
	while (n->kind == AST_BINOP && (n->op == OPR_AND || n->op == OPR_OR) && ast_sure(n->kid[0], n->op == OPR_AND))
		n = ast_inside(n->kid[1]);
	return n;
}
/* clang-format on */

static void put_string(struct buf *b, const struct str *s)
{
	buf_putc(b, '"');
	for (uint32_t i = 0; i < s->len && i < 60; i++) {
		unsigned char c = (unsigned char)s->s[i];
		if (c < 32 || c == 127 || c == '"' || c == '\\') buf_printf(b, "\\%03d", c);
		else buf_putc(b, (char)c);
	}
	buf_puts(b, s->len > 60 ? "\"..." : "\"");
}

static void put_function(struct buf *b, const struct func *f)
{
	buf_printf(b, " #%u lines %d-%d params %u%s%s", f->ordinal, f->line, f->lastline, f->nparams,
	           f->vararg ? " vararg" : "", f->method ? " method" : "");
	for (uint32_t i = 0; i < f->nupvalues; i++)
		buf_printf(b, "%s%s", i ? ", " : " upvalues ", f->upvalue[i].name->s);
}

static void put_name(struct buf *b, const struct ast *n)
{
	static const char *const attrib[] = {"", " <const>", " <close>"};
	const struct var *v = n->u.var;
	buf_printf(b, " %s", n->name->s);
	if (!v) buf_puts(b, " global");
	else
		buf_printf(b, " @%u%s%s%s%s%s", v->id, v->decl == n ? " declared" : "", attrib[v->attrib],
		           v->constant ? " constant" : "", v->assigned ? " assigned" : "",
		           v->captured ? " captured" : "");
}

static void put_node(struct buf *b, const struct ast *n, int depth)
{
	for (int i = 0; i < depth; i++) buf_puts(b, "  ");
	if (!n) {
		buf_puts(b, "-\n");
		return;
	}
	buf_puts(b, ast_kind_name[n->kind]);
	switch (n->kind) {
	case AST_INTEGER:
		buf_putc(b, ' ');
		buf_integer(b, n->u.i);
		break;
	case AST_FLOAT:
		buf_putc(b, ' ');
		buf_number(b, n->u.n);
		break;
	case AST_STRING:
		buf_putc(b, ' ');
		put_string(b, n->name);
		break;
	case AST_NAME: put_name(b, n); break;
	case AST_BINOP:
	case AST_UNOP: buf_printf(b, " %s", ast_op_text[n->op]); break;
	case AST_FUNCTION: put_function(b, n->u.func); break;
	case AST_FIELD:
	case AST_METHOD:
	case AST_GOTO:
	case AST_LABEL: buf_printf(b, " %s", n->name->s); break;
	default: break;
	}
	buf_printf(b, " [%u,%u)\n", n->beg, n->end);
	for (uint32_t i = 0; i < n->nkids; i++) put_node(b, n->kid[i], depth + 1);
}

void ast_print(struct buf *b, const struct chunk *c) { put_node(b, c->func[0]->node, 0); }
