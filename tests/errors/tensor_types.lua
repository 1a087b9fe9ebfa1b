-- Operands and dtypes that do not fit: the same message eagerly and staged, at the line of the op.
local ms = require "moonstage"
local m = ms.ones(2, 3)

--- a tensor and nil
-- error: tests/errors/tensor_types.lua:8: add: tensor or number expected, got nil
ms.stage(function(x)
  return x + nil
end)(m)

--- a tensor and a table
-- error: tests/errors/tensor_types.lua:14: mul: tensor or number expected, got table
ms.stage(function(x)
  return x * {}
end)(m)

--- a tensor and a text
-- error: tests/errors/tensor_types.lua:20: sub: tensor or number expected, got string
ms.stage(function(x)
  return x - "1"
end)(m)

--- order with a text
-- error: tests/errors/tensor_types.lua:26: attempt to compare tensor with string
ms.stage(function(x)
  return x < "1"
end)(m)

--- bits of floats
-- error: tests/errors/tensor_types.lua:32: band: works on bool and i64, not f32
ms.stage(function(x)
  return x & 1
end)(m)

--- where without a condition
-- error: tests/errors/tensor_types.lua:38: where: the condition must be a bool tensor, got f32
ms.stage(function(x)
  return ms.where(x, x, x)
end)(m)

--- a condition of several elements
-- error: tests/errors/tensor_types.lua:44: a bool tensor [2x3] used as a condition: write :any(), :all() or ~= nil
ms.stage(function(x)
  if x > 0 then return 1 end
end)(m)

--- not of several elements
-- error: tests/errors/tensor_types.lua:50: a bool tensor [2x3] used as a condition: write :any(), :all() or ~= nil
ms.stage(function(x)
  return not (x > 0)
end)(m)

--- a tensor called
-- error: tests/errors/tensor_types.lua:56: a tensor cannot be called; its rows are walked with ipairs(x)
ms.stage(function(x)
  return x(1)
end)(m)

--- a loop over a tensor
-- error: tests/errors/tensor_types.lua:62: a tensor cannot be called; its rows are walked with ipairs(x)
ms.stage(function(x)
  for row in x do print(row) end
end)(m)

--- an unknown method
-- error: tests/errors/tensor_types.lua:68: attempt to call a nil value (method 'nosuch')
ms.stage(function(x)
  return x:nosuch()
end)(m)

--- an unknown dtype
-- error: tests/errors/tensor_types.lua:74: to: unknown dtype 'f16' (there are f32 f64 i64 bool)
ms.stage(function(x)
  return x:to("f16")
end)(m)

--- a dtype that is no text
-- error: tests/errors/tensor_types.lua:80: zeros: dtype must be a string such as "f32", got number
ms.stage(function(x)
  return ms.zeros({ 2 }, 5)
end)(m)

--- labels that are floats
-- error: tests/errors/tensor_types.lua:86: cross_entropy: labels must be an i64 tensor, got f32
ms.stage(function(x)
  return ms.cross_entropy(x, ms.ones(2))
end)(m)

--- a label out of range
-- error: tests/errors/tensor_types.lua:92: cross_entropy: label 4 is out of range for 3 classes
ms.stage(function(x)
  return ms.cross_entropy(x, ms.tensor { 1, 4 })
end)(m)

--- labels of another shape
-- error: tests/errors/tensor_types.lua:98: cross_entropy: logits [2x3] need labels of their shape without the last dim, not [3]
ms.stage(function(x)
  return ms.cross_entropy(x, ms.tensor { 1, 2, 3 })
end)(m)

--- an index tensor of floats
-- error: tests/errors/tensor_types.lua:104: index: an index tensor must be i64 or bool, got f32
ms.stage(function(x)
  return x[x[1]]
end)(m)

--- an index in a tensor out of range
-- error: tests/errors/tensor_types.lua:110: index 7 is out of range for dim 1 of length 2
ms.stage(function(x)
  return x[ms.tensor { 1, 7 }]
end)(m)

--- an embedding out of range
-- error: tests/errors/tensor_types.lua:116: index 3 is out of range for dim 1 of length 2
ms.stage(function(x)
  return ms.embedding(x, ms.tensor { 3 })
end)(m)

--- a ragged list
-- error: tests/errors/tensor_types.lua:122: tensor: the lists are ragged: values[2] has 1 elements, 2 expected
ms.stage(function(x)
  return ms.tensor { { 1, 2 }, { 3 } }
end)(m)

--- a list of texts
-- error: tests/errors/tensor_types.lua:128: tensor: numbers, booleans or lists of them expected, got string at values[1]
ms.stage(function(x)
  return ms.tensor { "a" }
end)(m)

--- a negative length
-- error: tests/errors/tensor_types.lua:134: zeros: the length of dim 1 is negative (-1)
ms.stage(function(x)
  return ms.zeros(-1)
end)(m)

--- a length that is no number
-- error: tests/errors/tensor_types.lua:140: zeros: unknown dtype 'a' (there are f32 f64 i64 bool)
ms.stage(function(x)
  return ms.zeros("a")
end)(m)

--- a step of zero
-- error: tests/errors/tensor_types.lua:146: arange: the step is zero
ms.stage(function(x)
  return ms.arange(1, 5, 0)
end)(m)

--- integer division by zero
-- error: tests/errors/tensor_types.lua:152: attempt to divide by zero
ms.stage(function(x)
  return x // 0
end)(ms.tensor { 1, 2 })

--- integer modulo by zero
-- error: tests/errors/tensor_types.lua:158: attempt to perform 'n%0'
ms.stage(function(x)
  return x % ms.tensor { 1, 0 }
end)(ms.tensor { 1, 2 })

--- an integer to a negative power
-- error: tests/errors/tensor_types.lua:164: pow: an integer cannot be raised to a negative integer power
ms.stage(function(x)
  return x ^ ms.tensor(-1)
end)(ms.tensor { 1, 2 })

--- clamp without bounds
-- error: tests/errors/tensor_types.lua:170: clamp: a min, a max or both are needed
ms.stage(function(x)
  return x:clamp()
end)(m)

--- concatenation of a tensor with dims
-- error: tests/errors/tensor_types.lua:176: attempt to concatenate a tensor [2x3] (only rank 0 has a text like a number's; use tostring)
ms.stage(function(x)
  return "x = " .. x
end)(m)

--- weights below zero
-- error: tests/errors/tensor_types.lua:182: multinomial: weight 1 is negative
ms.stage(function(x)
  return ms.multinomial(x - 2, 1)
end)(m)

--- more samples than weights
-- error: tests/errors/tensor_types.lua:188: multinomial: cannot draw 9 samples of 3 without replacement
ms.stage(function(x)
  return ms.multinomial(x, 9)
end)(m)

--- grad of what is no tensor
-- error: tests/errors/tensor_types.lua:194: grad: argument 1 is a number; only tensors and tables of them can be differentiated
ms.stage(function(x)
  return ms.grad(function(v) return v end)(x:sum():item())
end)(m)

--- grad of several numbers
-- error: tests/errors/tensor_types.lua:200: the result to differentiate must have one element and no dims, not f32[2x3]; take its :sum() or :mean()
ms.stage(function(x)
  return ms.grad(function(v) return v * 2 end)(x)
end)(m)

--- grad of integers
-- error: tests/errors/tensor_types.lua:206: only float tensors have gradients, not i64[2]
ms.stage(function(x)
  return ms.grad(function(v) return v:sum() end)(x)
end)(ms.tensor { 1, 2 })

--- grad of a function that returns nothing
-- error: tests/errors/tensor_types.lua:212: grad: the function must return a tensor of one number first, got nil
ms.stage(function(x)
  return ms.grad(function(v) end)(x)
end)(m)
