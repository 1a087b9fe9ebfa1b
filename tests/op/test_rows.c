/* Every tensor row of ops.def by value: packed, spread and turned operands must give the text, and the same
   bytes, with nothing written outside the result; and under an allocator that fails at every turn. */
#include "case.h"

#define N9(...) {__VA_ARGS__}, (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t))
#define NONE {0}, 0

static const struct op_case cases[] = {
    /* two operands */
    {"add", {"f32[3] 1 2 3", "f32[3] 10 20 30"}, "tensor([11.0, 22.0, 33.0])", NONE},
    {"add", {"f64[2x1] 1 2", "f64[3] 10 20 30"}, "tensor([[11.0, 21.0, 31.0], [12.0, 22.0, 32.0]], dtype=f64)", NONE},
    {"add",
     {"i64[] 9223372036854774784", "i64[2] 1024 0"},
     "tensor([-9223372036854775808, 9223372036854774784])",
     NONE},
    {"add", {"bool[2] t f", "bool[2] f f"}, "tensor([ true, false])", NONE},
    {"add", {"f32[0x3]", "f32[3] 1 2 3"}, "tensor([], shape=[0x3])", NONE},
    {"add", {"f32[2x3] 1 2 3 4 5 6", "f32[4] 1 2 3 4"}, "!add: shapes [2x3] and [4] do not broadcast", NONE},
    {"add", {"f32[1] 1", "i64[1] 1"}, "!add: dtypes f32 and i64 differ", NONE},
    {"sub", {"f32[2x2] 1 2 3 4", "f32[] 1"}, "tensor([[0.0, 1.0], [2.0, 3.0]])", NONE},
    {"sub", {"f32[] 1", "f32[2x2] 1 2 3 4"}, "tensor([[ 0.0, -1.0], [-2.0, -3.0]])", NONE},
    {"sub", {"bool[1] t", "bool[1] t"}, "!sub: works on numbers, not bool", NONE},
    {"mul", {"i64[2] 3 -4", "i64[2] 5 6"}, "tensor([ 15, -24])", NONE},
    {"mul", {"bool[2] t t", "bool[2] t f"}, "tensor([ true, false])", NONE},
    {"mul",
     {"f32[2x1x2] 1 2 3 4", "f32[2x1] 1 10"},
     "tensor([[[ 1.0, 2.0], [10.0, 20.0]], [[ 3.0, 4.0], [30.0, 40.0]]])",
     NONE},
    {"div", {"f32[4] 1 -1 0 1", "f32[4] 0 0 0 4"}, "tensor([ inf, -inf, nan, 0.25])", NONE},
    {"div", {"i64[1] 1", "i64[1] 2"}, "!div: works on f32 and f64, not i64", NONE},
    {"floordiv", {"i64[4] 7 -7 7 -7", "i64[4] 2 2 -2 -2"}, "tensor([ 3, -4, -4, 3])", NONE},
    {"floordiv", {"f32[3] 7 -7 1", "f32[3] 2 2 0"}, "tensor([ 3.0, -4.0, inf])", NONE},
    {"floordiv", {"i64[2] 1 2", "i64[2] 1 0"}, "!attempt to divide by zero", NONE},
    {"mod", {"i64[4] 7 -7 7 -7", "i64[4] 3 3 -3 -3"}, "tensor([ 1, 2, -2, -1])", NONE},
    {"mod",
     {"f64[5] 5.5 -5.5 5.5 -1 6", "f64[5] 3 3 -3 inf 3"},
     "tensor([ 2.5, 0.5, -0.5, inf, 0.0], dtype=f64)",
     NONE},
    {"mod", {"i64[2x2] 1 2 3 4", "i64[2] 1 0"}, "!attempt to perform 'n%0'", NONE},
    {"pow", {"f32[5] 3 2 2 4 2", "f32[5] 2 3 -1 0.5 10"}, "tensor([ 9.0, 8.0, 0.5, 2.0, 1024.0])", NONE},
    {"pow", {"f32[3] 3 -2 nan", "f32[] 2"}, "tensor([9.0, 4.0, nan])", NONE},
    {"pow", {"i64[4] 2 -3 0 3", "i64[4] 10 3 0 41"}, "tensor([ 1024, -27, 1, -420491770248316829])", NONE},
    {"pow", {"i64[1] 2", "i64[2] 1 -1"}, "!pow: an integer cannot be raised to a negative integer power", NONE},
    {"maximum", {"f32[4] 1 nan 3 -0.0", "f32[4] 2 1 nan 0.0"}, "tensor([2.0, nan, nan, 0.0])", NONE},
    {"minimum", {"f64[3] 1 nan 3", "f64[3] 2 1 nan"}, "tensor([1.0, nan, nan], dtype=f64)", NONE},
    {"minimum", {"i64[2] 1 5", "i64[] 3"}, "tensor([1, 3])", NONE},
    {"lt", {"f32[3] 1 2 nan", "f32[3] 2 2 1"}, "tensor([ true, false, false])", NONE},
    {"le", {"i64[3] 1 2 3", "i64[] 2"}, "tensor([ true, true, false])", NONE},
    {"gt", {"f64[3] 1 2 3", "f64[] 2"}, "tensor([false, false, true])", NONE},
    {"ge", {"bool[2] t f", "bool[2] t t"}, "tensor([ true, false])", NONE},
    {"eq", {"f32[2] nan 1", "f32[2] nan 1"}, "tensor([false, true])", NONE},
    {"ne", {"f32[2] nan 1", "f32[2] nan 1"}, "tensor([ true, false])", NONE},
    {"band", {"i64[2] 12 10", "i64[2] 10 3"}, "tensor([8, 2])", NONE},
    {"band", {"f32[1] 1", "f32[1] 1"}, "!band: works on bool and i64, not f32", NONE},
    {"bor", {"bool[2] t f", "bool[2] f f"}, "tensor([ true, false])", NONE},
    {"bxor", {"i64[2] 12 10", "i64[2] 10 3"}, "tensor([6, 9])", NONE},
    {"bnot", {"bool[2] t f"}, "tensor([false, true])", NONE},
    {"bnot", {"i64[2] 0 5"}, "tensor([-1, -6])", NONE},
    /* one operand */
    {"neg", {"f32[2] 1 -2"}, "tensor([-1.0, 2.0])", NONE},
    {"abs", {"i64[2x2] 1 -2 -3 0"}, "tensor([[1, 2], [3, 0]])", NONE},
    {"abs", {"f32[2] -0.0 -1.5"}, "tensor([0.0, 1.5])", NONE},
    {"sign", {"f32[4] -3 0 7 nan"}, "tensor([-1.0, 0.0, 1.0, nan])", NONE},
    {"exp", {"f64[3] 0 1 -inf"}, "tensor([ 1.0, 2.718281828459, 0.0], dtype=f64)", NONE},
    {"exp", {"i64[1] 1"}, "!exp: works on f32 and f64, not i64", NONE},
    {"log", {"f32[4] 1 0 -1 inf"}, "tensor([ 0.0, -inf, nan, inf])", NONE},
    {"sqrt", {"f32[2] 4 2"}, "tensor([ 2.0, 1.4142135])", NONE},
    {"sin", {"f64[3] 0 1 1e22"}, "tensor([ 0.0, 0.8414709848079, -0.85220084976719], dtype=f64)", NONE},
    {"cos", {"f32[3] 0 1 16777216"}, "tensor([ 1.0, 0.5403023, 0.626323])", NONE},
    {"tanh", {"f32[4] 0 0.5 -20 nan"}, "tensor([ 0.0, 0.46211717, -1.0, nan])", NONE},
    {"sigmoid", {"f32[4] 0 -100 100 2"}, "tensor([ 0.5, 3.78351e-44, 1.0, 0.8807971])", NONE},
    {"relu", {"f32[4] -1 2 nan -0.0"}, "tensor([0.0, 2.0, nan, 0.0])", NONE},
    {"floor", {"f32[3] 1.5 -1.5 2"}, "tensor([ 1.0, -2.0, 2.0])", NONE},
    {"ceil", {"f64[3] 1.5 -1.5 2"}, "tensor([ 2.0, -1.0, 2.0], dtype=f64)", NONE},
    {"floor", {"i64[2] 1 -2"}, "tensor([ 1, -2])", NONE},
    {"where", {"bool[2x1] t f", "f32[] 1", "f32[3] 7 8 9"}, "tensor([[1.0, 1.0, 1.0], [7.0, 8.0, 9.0]])", NONE},
    {"where", {"bool[2] t f", "i64[2] 1 2", "i64[2] 3 4"}, "tensor([1, 4])", NONE},
    {"where", {"f32[2] 1 2", "i64[2] 1 2", "i64[2] 3 4"}, "!where: the condition is f32, not bool", NONE},
    {"cast", {"f32[4] 1.9 -1.9 nan 1e30"}, "tensor([ 1, -1, -9223372036854775808, -9223372036854775808])", N9(I64)},
    {"cast", {"f64[3] 0 nan 0.1"}, "tensor([false, true, true])", N9(BOOL)},
    {"cast", {"i64[2] 16777217 3"}, "tensor([16777216.0, 3.0])", N9(F32)},
    {"cast", {"bool[2] t f"}, "tensor([1.0, 0.0], dtype=f64)", N9(F64)},
    /* reductions */
    {"sum", {"f32[2x3] 1 2 3 4 5 6"}, "21.0", N9(3, 0)},
    {"sum", {"f32[2x3] 1 2 3 4 5 6"}, "tensor([5.0, 7.0, 9.0])", N9(1, 0)},
    {"sum", {"f32[2x3] 1 2 3 4 5 6"}, "tensor([[ 6.0], [15.0]])", N9(2, 1)},
    {"sum", {"i64[2x2x2] 1 2 3 4 5 6 7 8"}, "tensor([14, 22])", N9(5, 0)},
    {"sum", {"bool[3] t f t"}, "2", N9(1, 0)},
    {"sum", {"f32[0x2]"}, "tensor([0.0, 0.0])", N9(1, 0)},
    {"sum", {"f32[2] 1 2"}, "tensor([1.0, 2.0])", N9(0, 0)},
    {"sum", {"f32[2] 1 2"}, "!sum: a dim is out of range for a tensor of 1 dims", N9(2, 0)},
    {"mean", {"f32[2x2] 1 2 3 4"}, "2.5", N9(3, 0)},
    {"mean", {"f64[0]"}, "nan", N9(1, 0)},
    {"mean", {"i64[1] 1"}, "!mean: works on f32 and f64, not i64", N9(1, 0)},
    {"amax", {"f32[2x2] 1 nan 3 4"}, "tensor([nan, 4.0])", N9(2, 0)},
    {"amax", {"bool[2] f t"}, "true", N9(1, 0)},
    {"amax", {"f32[2x0]"}, "!amax: dim 2 of [2x0] is empty", N9(2, 0)},
    {"amin", {"i64[2x2] 4 1 3 9"}, "tensor([3, 1])", N9(1, 0)},
    {"any", {"f32[2x2] 0 0 0 nan"}, "tensor([false, true])", N9(2, 0)},
    {"any", {"bool[0]"}, "false", N9(1, 0)},
    {"all", {"i64[2x2] 1 2 0 4"}, "tensor([ true, false])", N9(2, 0)},
    {"all", {"bool[0]"}, "true", N9(1, 0)},
    {"argmax", {"f32[2x3] 1 5 5 9 nan 2"}, "tensor([2, 2])", N9(1, 0)},
    {"argmax", {"f32[2x3] 1 5 5 3 2 8"}, "6", N9(-1, 0)},
    {"argmax", {"i64[2x2] 1 5 5 1"}, "tensor([[2, 1]])", N9(0, 1)},
    {"argmin", {"f64[2x2] 4 1 1 nan"}, "tensor([2, 2])", N9(1, 0)},
    {"argmin", {"f32[0]"}, "!argmin: dim 1 of [0] is empty", N9(0, 0)},
    /* products */
    {"matmul", {"f32[2x3] 1 2 3 4 5 6", "f32[3x2] 1 2 3 4 5 6"}, "tensor([[22.0, 28.0], [49.0, 64.0]])", NONE},
    {"matmul", {"f64[3] 1 2 3", "f64[3] 4 5 6"}, "32.0", NONE},
    {"matmul", {"f32[2x2] 1 2 3 4", "f32[2] 1 10"}, "tensor([21.0, 43.0])", NONE},
    {"matmul", {"f32[2] 1 10", "f32[2x2] 1 2 3 4"}, "tensor([31.0, 42.0])", NONE},
    {"matmul", {"i64[2x2] 1 2 3 4", "i64[2x2] 5 6 7 8"}, "tensor([[19, 22], [43, 50]])", NONE},
    {"matmul", {"f32[2x1x2] 1 2 3 4", "f32[2x2x1] 1 2 3 4"}, "tensor([[[ 5.0]], [[25.0]]])", NONE},
    {"matmul", {"f32[2x2x2] 1 2 3 4 5 6 7 8", "f32[2x1] 1 10"}, "tensor([[[21.0], [43.0]], [[65.0], [87.0]]])", NONE},
    {"matmul", {"f32[2x2] 1 2 3 4", "f32[2x2x1] 1 2 3 4"}, "tensor([[[ 5.0], [11.0]], [[11.0], [25.0]]])", NONE},
    {"matmul",
     {"f32[2x1x1x2] 1 2 3 4", "f32[2x2x1] 1 1 2 2"},
     "tensor([[[[ 3.0]], [[ 6.0]]], [[[ 7.0]], [[14.0]]]])",
     NONE},
    {"matmul", {"f32[2x0]", "f32[0x2]"}, "tensor([[0.0, 0.0], [0.0, 0.0]])", NONE},
    {"matmul", {"f32[0x2]", "f32[2x3] 1 2 3 4 5 6"}, "tensor([], shape=[0x3])", NONE},
    {"matmul", {"f32[2x3] 1 2 3 4 5 6", "f32[1x2] 1 2"}, "!matmul: [2x3] by [1x2]: inner dims 3 and 1 differ", NONE},
    {"matmul", {"f32[] 1", "f32[1] 1"}, "!matmul: [] by [1]: both need at least one dim", NONE},
    /* layout */
    {"reshape", {"f32[2x3] 1 2 3 4 5 6"}, "tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])", N9(3, 2)},
    {"reshape", {"f32[2x3] 1 2 3 4 5 6"}, "!reshape: [2x3] has 6 elements, [4] would need 4", N9(4)},
    {"reshape", {"f32[0x3]"}, "tensor([], shape=[3x0])", N9(3, 0)},
    {"permute", {"i64[2x3] 1 2 3 4 5 6"}, "tensor([[1, 4], [2, 5], [3, 6]])", N9(1, 0)},
    {"permute", {"i64[2x3] 1 2 3 4 5 6"}, "!permute: dim 1 is named twice", N9(0, 0)},
    {"expand", {"f32[2x1] 1 2"}, "tensor([[[1.0, 1.0], [2.0, 2.0]], [[1.0, 1.0], [2.0, 2.0]]])", N9(2, 2, 2)},
    {"expand", {"f32[2] 1 2"}, "!expand: [2] cannot be expanded to [3]", N9(3)},
    {"narrow", {"f32[2x5] 1 2 3 4 5 6 7 8 9 10"}, "tensor([[ 2.0, 4.0], [ 7.0, 9.0]])", N9(1, 1, 2, 2)},
    {"narrow", {"f32[3] 1 2 3"}, "!narrow: 3 elements from 2 by 1 do not lie in dim 1 of [3]", N9(0, 1, 3, 1)},
    {"select", {"f32[2x2] 1 2 3 4"}, "tensor([2.0, 4.0])", N9(1, 1)},
    {"select", {"f32[2x2] 1 2 3 4"}, "!index 3 is out of range for dim 1 of length 2", N9(0, 2)},
    {"contiguous", {"bool[2x2] t f f t"}, "tensor([[ true, false], [false, true]])", NONE},
    {"cat", {"f32[2x1] 1 2", "f32[2x2] 3 4 5 6"}, "tensor([[1.0, 3.0, 4.0], [2.0, 5.0, 6.0]])", N9(1)},
    {"cat", {"i64[1] 1", "i64[0]", "i64[2] 2 3"}, "tensor([1, 2, 3])", N9(0)},
    {"cat", {"f32[2x1] 1 2", "f32[1x2] 3 4"}, "!cat: shapes [2x1] and [1x2] differ outside dim 1", N9(0)},
    {"stack", {"f32[2] 1 2", "f32[2] 3 4"}, "tensor([[1.0, 3.0], [2.0, 4.0]])", N9(1)},
    {"stack", {"f32[] 1", "f32[] 3"}, "tensor([1.0, 3.0])", N9(0)},
    {"stack", {"f32[2] 1 2", "f32[1] 3"}, "!stack: shapes [2] and [1] differ", N9(0)},
    {"pad", {"f32[2x2] 1 2 3 4"}, "tensor([[0.0, 1.0, 0.0, 2.0], [0.0, 3.0, 0.0, 4.0]])", N9(1, 1, 4, 2)},
    {"pad", {"f32[2] 1 2"}, "!pad: dim 1 of [2] does not fit at 3 by 1 in a length of 3", N9(0, 2, 3, 1)},
    {"window", {"f32[6] 1 2 3 4 5 6"}, "tensor([[2.0, 4.0], [3.0, 5.0]])", N9(1, 2, 2, 1, 2)},
    {"window", {"i64[3] 1 2 3"}, "3", N9(2)},
    {"window", {"f32[3] 1 2 3"}, "tensor([], shape=[0x2])", N9(9, 0, 2, 1, 1)},
    {"window", {"f32[3] 1 2 3"}, "!window: the window lies outside of 3 elements", N9(1, 2, 2)},
    {"window", {"f32[3] 1 2 3"}, "!window: needs a stride for each length", N9(1, 2)},
    {"window", {"f32[1x3] 1 2 3"}, "!window: the base has shape [1x3], not one dim", N9(0)},
    {"window_at", {"f32[6] 1 2 3 4 5 6", "i64[] 3"}, "tensor([5.0, 6.0])", N9(1, 2, 1)},
    {"window_at", {"f32[6] 1 2 3 4 5 6", "i64[] 4"}, "!window_at: the window lies outside of 6 elements", N9(1, 2, 1)},
    {"window_at", {"f32[6] 1 2 3 4 5 6", "i64[1] 4"}, "!window_at: the place is not one i64", N9(1, 2, 1)},
    {"set_window",
     {"f32[6] 1 2 3 4 5 6", "f32[2x2] 10 20 30 40", "i64[] 1"},
     "tensor([ 1.0, 10.0, 30.0, 20.0, 40.0, 6.0])",
     N9(0, 1, 2)},
    {"set_window", {"bool[2] f f", "bool[] t", "i64[] 0"}, "tensor([false, true])", N9(1)},
    {"set_window", {"f32[2] 1 2", "f32[0]", "i64[] 0"}, "tensor([1.0, 2.0])", N9(0, 1)},
    {"set_window",
     {"f32[2] 1 2", "f32[2] 3 4", "i64[] 1"},
     "!set_window: the window lies outside of 2 elements",
     N9(0, 1)},
    {"set_window",
     {"f32[2] 1 2", "f32[3] 3 4 5", "i64[] 0"},
     "!set_window: the window lies outside of 2 elements",
     N9(0, 1)},
    {"set_window", {"f32[2] 1 2", "i64[] 3", "i64[] 0"}, "!set_window: dtypes f32 and i64 differ", N9(0)},
    /* indexing */
    {"index", {"f32[3x2] 1 2 3 4 5 6", "i64[3] 3 1 -2"}, "tensor([[5.0, 6.0], [1.0, 2.0], [3.0, 4.0]])", N9(0)},
    {"index", {"f32[2x3] 1 2 3 4 5 6", "i64[2x1] 3 1"}, "tensor([[[3.0], [1.0]], [[6.0], [4.0]]])", N9(1)},
    {"index", {"bool[2] t f", "i64[] 2"}, "false", N9(0)},
    {"index", {"f32[2x2x2] 1 2 3 4 5 6 7 8", "i64[1] 2"}, "tensor([[[3.0, 4.0]], [[7.0, 8.0]]])", N9(1)},
    {"index", {"f32[5] 1 2 3 4 5", "i64[2] 1 7"}, "!index 7 is out of range for dim 1 of length 5", N9(0)},
    {"index", {"f32[5] 1 2 3 4 5", "i64[1] 0"}, "!index 0 is out of range for dim 1 of length 5", N9(0)},
    {"index", {"f32[0]", "i64[1] 1"}, "!index 1 is out of range for dim 1 of length 0", N9(0)},
    {"index", {"f32[2] 1 2", "f32[1] 1"}, "!index: indices are i64, not f32", N9(0)},
    {"index_add", {"f32[3] 1 2 3", "i64[3] 1 -1 1", "f32[3] 10 20 30"}, "tensor([41.0, 2.0, 23.0])", N9(0)},
    {"index_add", {"i64[2x2] 1 2 3 4", "i64[2] 2 2", "i64[2x2] 10 20 30 40"}, "tensor([[1, 32], [3, 74]])", N9(1)},
    {"index_add",
     {"f32[2] 1 2", "i64[1] 1", "f32[2] 1 2"},
     "!index_add: values of shape [1] are needed, not [2]",
     N9(0)},
    {"index_put", {"f32[2x2] 1 2 3 4", "i64[1] 2", "f32[1x2] 8 9"}, "tensor([[1.0, 2.0], [8.0, 9.0]])", N9(0)},
    {"index_put", {"bool[2] t t", "i64[2] 1 1", "bool[2] t f"}, "tensor([false, true])", N9(0)},
    {"index_put", {"f32[2] 1 2", "i64[1] -3", "f32[1] 1"}, "!index -3 is out of range for dim 1 of length 2", N9(0)},
    /* losses */
    {"softmax", {"f32[2x2] 0 0 1000 -1000"}, "tensor([[0.5, 0.5], [1.0, 0.0]])", N9(1)},
    {"softmax", {"f64[2x2] 0 5 0 5"}, "tensor([[0.5, 0.5], [0.5, 0.5]], dtype=f64)", N9(0)},
    {"softmax", {"f32[] 3"}, "!softmax: dim 1 is out of range for a tensor of 0 dims", N9(0)},
    {"log_softmax", {"f32[1x2] 0 0"}, "tensor([[-0.6931472, -0.6931472]])", N9(1)},
    {"log_softmax", {"f32[2] 1000 0"}, "tensor([ 0.0, -1000.0])", N9(0)},
    {"cross_entropy", {"f32[2x2] 0 0 0 0", "i64[2] 1 2"}, "0.6931472", NONE},
    {"cross_entropy", {"f64[3] 0 100 0", "i64[] 2"}, "0.0", NONE},
    {"cross_entropy", {"f32[0x2]", "i64[0]"}, "nan", NONE},
    {"cross_entropy", {"f32[1x2] 0 0", "i64[1] 3"}, "!cross_entropy: label 3 is out of range for 2 classes", NONE},
    {"cross_entropy",
     {"f32[1x2] 0 0", "i64[2] 1 1"},
     "!cross_entropy: logits [1x2] need labels of their shape without the last dim, not [2]",
     NONE},
    {"cross_entropy_grad", {"f32[] 4", "f32[2x2] 0 0 0 0", "i64[2] 1 2"}, "tensor([[-1.0, 1.0], [ 1.0, -1.0]])", NONE},
    /* constructors */
    {"full", {"i64[] 7"}, "tensor([[7, 7]])", N9(I64, 1, 2)},
    {"full", {"f32[] 1"}, "!full: a tensor has at most 8 dims, not 9", {F32, 1, 1, 1, 1, 1, 1, 1, 1}, 10},
    {"full", {"bool[] t"}, "true", N9(BOOL)},
    {"full", {"f32[] 1"}, "!full: dim 1 of a shape is negative (-1)", N9(F32, -1)},
    {"full",
     {"f32[] 1"},
     "!full: a tensor of shape [4611686018427387904x4] is too large",
     N9(F32, (int64_t)1 << 62, 4)},
    {"arange", {NULL}, "tensor([5, 3, 1])", N9(I64, 5, -2, 3)},
    {"arange", {NULL}, "tensor([0.0, 1.0, 2.0])", N9(F32, 0, 0x3ff0000000000000, 3)},
    {"rand", {NULL}, "tensor([], shape=[2x0])", N9(F32, 2, 0)},
    {"rand", {NULL}, "!rand: makes f32 and f64, not i64", N9(I64, 2)},
    {"randn", {NULL}, "tensor([], dtype=f64)", N9(F64, 0)},
    {"multinomial", {"f32[2x3] 0 1 0 0 0 5"}, "tensor([[2, 2], [3, 3]])", N9(2, 1)},
    {"multinomial", {"f64[3] 0 1 0"}, "tensor([2])", N9(1, 0)},
    {"multinomial", {"f32[3] 0 1 0"}, "!multinomial: 2 samples without replacement of 1 weights above zero", N9(2, 0)},
    {"multinomial", {"f32[2] 0 0"}, "!multinomial: the weights are all zero", N9(1, 1)},
    {"multinomial", {"f32[2] 1 nan"}, "!multinomial: weight 2 is NaN", N9(1, 1)},
    {"multinomial", {"f32[2] 1 -1"}, "!multinomial: weight 2 is negative", N9(1, 1)},
    {"multinomial", {"f32[2] 1 1"}, "!multinomial: cannot draw 3 samples of 2 without replacement", N9(3, 0)},
};

/* Compared without the blanks of alignment and without the sign of NaN, which is the machine's. */
static void squeeze(char *s)
{
	char *to = s;
	for (; *s; s++)
		if (*s != ' ' && strncmp(s, "-nan", 4) != 0) *to++ = *s;
	*to = 0;
}

static void check(const struct op_case *k, enum form form, struct op_env *env)
{
	struct operand o[3];
	struct tensor *in[3], out;
	struct err e = {.kind = ERR_RUN};
	int nin = 0;
	char *bytes, want[300];
	const enum op op = (enum op)op_find(k->op);
	assert_int_not_equal(op, OP_COUNT);
	for (; nin < 3 && k->in[nin]; nin++) {
		o[nin] = case_operand(k->in[nin], form);
		in[nin] = &o[nin].t;
	}
	snprintf(want, sizeof want, "%s", k->want);
	if (!case_run(op, in, nin, k->attr, k->nattr, &out, &bytes, env, &e)) {
		if (e.kind == ERR_MEMORY && e.msg[0] == 'n') {
			assert_true(env->mem->fn != NULL);
		} else {
			char got[1100];
			snprintf(got, sizeof got, "!%s", e.msg);
			assert_string_equal(got, want);
		}
	} else {
		struct mem plain;
		mem_init(&plain, NULL, NULL);
		char *got = case_text(&plain, &out);
		squeeze(got);
		squeeze(want);
		assert_string_equal(got, want);
		free(got);
	}
	free(bytes);
	for (int i = 0; i < nin; i++) free(o[i].bytes);
}

static void rows_give_values(void **state)
{
	(void)state;
	struct mem m;
	struct rng r;
	struct op_env env = {.mem = &m, .rng = &r};
	mem_init(&m, NULL, NULL);
	rng_seed(&r, 1);
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		for (int form = 0; form < FORMS; form++) check(&cases[i], (enum form)form, &env);
	assert_int_equal(m.used, 0);
}

/* lift and item stand between tensors and Lua values: test_small.c; length is of graphs before they run: test_pass.c;
 * lists are tested in plans: tests/exec/test_list.c */
static void every_row_has_a_case(void **state)
{
	(void)state;
	for (int op = 0; op < OP_COUNT; op++) {
		if (op_info[op].flags & (OF_LUA | OF_CONTROL) || op == OP_lift || op == OP_item || op == OP_length ||
		    op_info[op].flags & OF_LIST)
			continue;
		size_t i = 0;
		while (i < COUNT_OF(cases) && (cases[i].want[0] == '!' || strcmp(cases[i].op, op_info[op].name) != 0))
			i++;
		if (i == COUNT_OF(cases)) fail_msg("no case for %s", op_info[op].name);
	}
}

static void *failing(void *ud, void *ptr, size_t osize, size_t nsize)
{
	int *left = ud;
	(void)osize;
	if (nsize == 0) return free(ptr), NULL;
	return (*left)-- > 0 ? realloc(ptr, nsize) : NULL;
}

static void memory_may_fail(void **state)
{
	(void)state;
	for (int allowed = 0; allowed < 4; allowed++)
		for (size_t i = 0; i < COUNT_OF(cases); i++) {
			struct mem m;
			struct rng r;
			int left = allowed;
			struct op_env env = {.mem = &m, .rng = &r};
			mem_init(&m, failing, &left);
			rng_seed(&r, 1);
			check(&cases[i], SPREAD, &env);
			assert_int_equal(m.used, 0);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rows_give_values),
	    cmocka_unit_test(every_row_has_a_case),
	    cmocka_unit_test(memory_may_fail),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
