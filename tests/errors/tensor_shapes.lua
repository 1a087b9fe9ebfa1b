-- Shapes and dims that do not fit: the same message eagerly and staged, at the line of the op.
local ms = require "moonstage"
local m = ms.ones(2, 3)

--- broadcasting
-- error: tests/errors/tensor_shapes.lua:8: add: shapes [4] and [2x3] do not broadcast
ms.stage(function(x)
  return x + m
end)(ms.ones(4))

--- a comparison
-- error: tests/errors/tensor_shapes.lua:14: lt: shapes [2] and [2x3] do not broadcast
ms.stage(function(x)
  return x < m
end)(ms.ones(2))

--- inner dims of a product
-- error: tests/errors/tensor_shapes.lua:20: matmul: [2x3] by [2x4]: inner dims 3 and 2 differ
ms.stage(function(x)
  return m:matmul(x)
end)(ms.ones(2, 4))

--- a product with a number
-- error: tests/errors/tensor_shapes.lua:26: matmul: [2x3] by []: both need at least one dim
ms.stage(function(x)
  return m:matmul(x:sum())
end)(m)

--- leading dims of a product
-- error: tests/errors/tensor_shapes.lua:32: matmul: [5x2x3] by [4x3x3]: the leading dims do not broadcast
ms.stage(function(x)
  return x:matmul(ms.ones(4, 3, 3))
end)(ms.ones(5, 2, 3))

--- reshape
-- error: tests/errors/tensor_shapes.lua:38: reshape: [2x3] has 6 elements, [4x2] would need 8
ms.stage(function(x)
  return x:reshape(4, 2)
end)(m)

--- reshape to a negative length
-- error: tests/errors/tensor_shapes.lua:44: reshape: bad length -2 of dim 1
ms.stage(function(x)
  return x:reshape(-2, 3)
end)(m)

--- a dim that is not there
-- error: tests/errors/tensor_shapes.lua:50: sum: dim 3 of a tensor of rank 2
ms.stage(function(x)
  return x:sum(3)
end)(m)

--- dim zero
-- error: tests/errors/tensor_shapes.lua:56: sum: dim 0 of a tensor of rank 2
ms.stage(function(x)
  return x:sum(0)
end)(m)

--- permute with a dim twice
-- error: tests/errors/tensor_shapes.lua:62: permute: dim 1 is named twice
ms.stage(function(x)
  return x:permute(1, 1)
end)(m)

--- permute with too few dims
-- error: tests/errors/tensor_shapes.lua:68: permute: 1 dims given for a tensor of rank 2
ms.stage(function(x)
  return x:permute(1)
end)(m)

--- expand
-- error: tests/errors/tensor_shapes.lua:74: expand: [2x3] cannot become [3x3]
ms.stage(function(x)
  return x:expand(3, 3)
end)(m)

--- narrow
-- error: tests/errors/tensor_shapes.lua:80: narrow: 5 elements from 2 on, in dim 2 of length 3
ms.stage(function(x)
  return x:narrow(2, 2, 5)
end)(m)

--- cat of other shapes
-- error: tests/errors/tensor_shapes.lua:86: cat: shapes [2x3] and [2x2] differ outside dim 1
ms.stage(function(x)
  return ms.cat({ x, ms.ones(2, 2) }, 1)
end)(m)

--- cat of numbers
-- error: tests/errors/tensor_shapes.lua:92: cat: a tensor of rank 0 (stack joins those)
ms.stage(function(x)
  return ms.cat({ x:sum() }, 1)
end)(m)

--- stack of other shapes
-- error: tests/errors/tensor_shapes.lua:98: stack: shapes [2x3] and [3] differ
ms.stage(function(x)
  return ms.stack { x, ms.ones(3) }
end)(m)

--- stack of nothing
-- error: tests/errors/tensor_shapes.lua:104: stack: an empty list
ms.stage(function(x)
  return ms.stack {}
end)(m)

--- an index out of range
-- error: tests/errors/tensor_shapes.lua:110: index 3 is out of range for dim 1 of length 2
ms.stage(function(x)
  return x[3]
end)(m)

--- an index zero
-- error: tests/errors/tensor_shapes.lua:116: index 0 is out of range for dim 1 of length 2
ms.stage(function(x)
  return x[0]
end)(m)

--- a range out of range
-- error: tests/errors/tensor_shapes.lua:122: index: {1, 9} is out of range for dim 1 of length 2
ms.stage(function(x)
  return x[{ { 1, 9 } }]
end)(m)

--- more indices than dims
-- error: tests/errors/tensor_shapes.lua:128: index: more indices than dims
ms.stage(function(x)
  return x[{ 1, 1, 1 }]
end)(m)

--- a step of zero
-- error: tests/errors/tensor_shapes.lua:134: index: the step must be 1 or more, got 0
ms.stage(function(x)
  return x[{ { 1, 2, 0 } }]
end)(m)

--- max over an empty dim
-- error: tests/errors/tensor_shapes.lua:140: amax: dim 1 of [0x3] is empty
ms.stage(function(x)
  return ms.zeros(0, 3):max(1)
end)(m)

--- the length of a number
-- error: tests/errors/tensor_shapes.lua:146: attempt to get length of a tensor of rank 0
ms.stage(function(x)
  return #x:sum()
end)(m)

--- item of several elements
-- error: tests/errors/tensor_shapes.lua:152: item: a tensor of shape [2x3] is not one element
ms.stage(function(x)
  return x:item()
end)(m)

--- where
-- error: tests/errors/tensor_shapes.lua:158: where: shapes [5] and [2x3] do not broadcast
ms.stage(function(x)
  return ms.where(x > 0, ms.ones(5), x)
end)(m)
