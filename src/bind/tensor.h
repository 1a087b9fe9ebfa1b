/* What the files of the Lua tensor type share. Each file of functions exports rows; one table of
   rows makes the functions of `ms`, the methods and the help text. Arguments are read by the
   arg_* functions, which word every argument error, and meet symbolic values with trace_need. */
#ifndef BIND_TENSOR_H
#define BIND_TENSOR_H
#include "bind/bind.h"

enum { IN_MODULE = 1, IN_METHODS = 2, IN_BOTH = 3 };
struct bind_row {
	const char *name;
	lua_CFunction f; /* NULL: op_generic for `op` */
	int op;
	int where;
	const char *usage, *text; /* usage: the signature; text: what it does, one or two sentences */
};
extern const struct bind_row rows_math[], rows_reduce[], rows_shape[], rows_make[], rows_convert[], rows_inplace[],
    rows_file[];

/* The name errors use: the function's own, upvalue 2 of every closure made from a row. The
   op of a generic row is upvalue 3. */
#define bind_name(L) lua_tostring(L, lua_upvalueindex(2))

/* arg.c */
const char *arg_type(lua_State *L, int idx); /* what an error calls the value: "table", "no value", a __name */
void arg_operand(lua_State *L, moon_context *c, int idx, struct arg *a);        /* tensor, number or boolean; raises */
struct tbox *arg_tensor(lua_State *L, moon_context *c, int idx, struct arg *a); /* a tensor; raises; a may be NULL */
int64_t arg_int(lua_State *L, moon_context *c, int idx,
                const char *what); /* `what` completes "...: <what> must be an integer" */
/* the same; it may be an unknown length */
int64_t arg_length(lua_State *L, moon_context *c, int idx, const char *what);
int64_t arg_count(lua_State *L, moon_context *c, int idx, const char *what); /* an integer >= 0 */
double arg_float(lua_State *L, moon_context *c, int idx, const char *what);
bool arg_bool(lua_State *L, moon_context *c, int idx, const char *what, bool otherwise); /* nil or absent: otherwise */
int arg_dim(lua_State *L, moon_context *c, int idx, int rank);        /* 0-based dim of a tensor of that rank; raises */
int arg_dtype(lua_State *L, moon_context *c, int idx, int otherwise); /* nil or absent: otherwise */
/* The dims at idx, idx+1, ... or in one table at idx; -1 and so on pass. Returns their number, *next is
   the index after them. */
int arg_dims(lua_State *L, moon_context *c, int idx, int64_t *dim, int *next);
/* Named trailing options. From argument `first` on, arguments are the names' values in that order; a
   table of named values may end them. Afterwards the stack holds exactly first + count - 1 values. */
void arg_options(lua_State *L, moon_context *c, int first, int count, const char *const *names);
int64_t arg_len(lua_State *L, int idx); /* #t with metamethods, no error for silly answers: 0 */

/* apply.c */
void bind_lift(struct arg *a); /* fills a->tmp from a plain Lua value */
bool bind_pair(
    lua_State *L, moon_context *c,
    enum op op); /* quick way for two small tensors at 1 and 2; false: go the general way, the stack may have grown */
void bind_promote_for(enum op op, struct arg *in,
                      int nin); /* like bind_promote; integers become f32 for an op of floats */

/* ops.c and others */
int op_unary(lua_State *L, moon_context *c, enum op op, int idx, const int64_t *attr,
             int nattr);      /* applies a one-tensor op to the tensor at idx */
int op_generic(lua_State *L); /* an element-wise row: operands from argument 1 on */
void op_cast(lua_State *L, moon_context *c, int idx,
             enum dtype dt); /* pushes the tensor at idx in that dtype, itself when it is */
void op_reshape(lua_State *L, moon_context *c, int idx, int rank, const int64_t *dim); /* pushes */
#define SHAPE_OF(t) shape_text((char[SHAPE_TEXT]){0}, (t)->rank, (t)->dim)
void push_shape(lua_State *L, moon_context *c, const struct tensor *t); /* a list, of the trace when there is one */

/* index.c */
int64_t index_position(lua_State *L, const struct tensor *x, int dim,
                       int64_t i);               /* 0-based; raises when out of range */
int tensor_index(lua_State *L, moon_context *c); /* x[k]: k no string */
int tensor_newindex(lua_State *L, moon_context *c);
/* inplace.c */
void inplace_check(lua_State *L, moon_context *c, int idx); /* may the tensor at idx be written now? */
/* the tensor at dst takes the broadcast, cast value at idx */
void inplace_copy(lua_State *L, moon_context *c, int dst, int idx);
/* tracing: pushes the value at idx, cast and broadcast to dst's shape */
void inplace_value(lua_State *L, moon_context *c, const struct tensor *dst, int idx);
/* tracing: the tensor at dst gets the elements of the one at idx, of its shape */
void inplace_store(lua_State *L, moon_context *c, int dst, int idx);

/* tensor.c */
void bind_push_buf(lua_State *L, struct buf *b);       /* its text as a string; the buffer is freed, also on error */
void bind_push_methods(lua_State *L, moon_context *c); /* the table of methods */
#endif
