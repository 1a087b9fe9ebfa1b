-- What to write instead of what can't be staged: the end of the message, by words of its beginning.
local _, core = ...
local S, _ENV = core.S, core.env

local advice = {
	{ "an assignment to a field of a text", "a string has no fields" },
	{ "arithmetic on a text", "work on the values it is made of" },
	{ "a text made of symbolic values as an argument", "have a function made by ms.host do it" },
	{ "the use of a coroutine outside", "make and finish it in one branch, or make the condition plain" },
	{ "resuming a coroutine inside of a staged loop", "make it inside the loop, or take what it gives before the loop" },
	{ "a coroutine from outside", "make it in the staged function, or pass in what it gives" },
	{ "a call of what 'coroutine.wrap' gave", "make it in the staged function, or pass in what it gives" },
	{ "a 'coroutine.yield' to outside of the staged function", "return the value, and let the caller yield it" },
	{ "a 'coroutine.yield' to outside of the branch", "yield after it, or make the condition plain" },
	{ "a 'coroutine.yield' out of", "let that give the value back, and yield it after" },
	{ "the text of a coroutine", "print a name of its own" },
	{ "a coroutine made in the staged call", "keep what it gives, in a table" },
	{ "a loop in which a coroutine", "make the condition plain" },
	{ "the text of a", "print it with the staged function's own print" },
	{ "a recursive call", "write a loop, or make the condition plain" },
	{ "a call of a function so close to", "split it into smaller functions" },
	{ "a call of this function", "load its text with the load, dofile or require of moonstage" },
	{ "a call of ", "call it outside of the staged function and pass in what it gives" },
	{ "a method of a string whose metatable", "call the function by its name" },
	{ "a return of", "assign it to a variable made before the loop, and return that after it" },
	{ "a 'for' with a step", "use a 'while' loop, or make the step plain" },
	{ "a 'for' with a text", "convert it with tonumber" },
	{ "a generic 'for' with a closing value", "close it after the loop" },
	{ "a table that grows in a loop", "make the loop's bound a plain number, or give the table its size before" },
	{ "the length of a table with holes", "assign false instead of nil, or count the elements" },
	{ "'ms.pairs' over a table with a field", "assign false instead of nil" },
	{ "a text made of symbolic values as a table key", "choose the key with 'if'" },
	{ "a table key that has several types", "assign under an 'if' for each type" },
	{ "'table.sort' of values", "sort integers, or sort outside of the staged function" },
	{ "a value of several types", "give it one type on every path" },
	{ "of a value that has several types", "give it one type on every path" },
	{ "a walk over a table from outside", "add its keys before the staged call, or walk a table made in it" },
	{ "a table nested this deeply", "build it with fewer levels" },
	{ "a table made inside a staged loop", "make it before the loop" },
	{ "a function made inside a staged loop", "make it before the loop" },
	{ "a value that overloads control flow", "give it to a function made by ms.overload, outside of the staged function" },
	{ "a value made by the staging library", "keep it outside of the staged function" },
	{ "a '__name' of a metatable", "give it a plain string" },
	{ "a metatable with '__gc'", "set it outside of the staged function" },
	{ "'getmetatable' of this value", "ask for it outside of the staged function" },
	{ "a tensor made in the staged call as an error value", "raise a text, or a table that holds it" },
	{ "an 'error' of level", "use level 1, or 0" },
	{ "an error in the handler of 'xpcall'", "let the handler return what it is given" },
	{ "tolist of a staged tensor", "index its elements" },
	{ "indexing with a mask", "choose elements with ms.where" },
	{ "assignment of a tensor with a value for each place", "choose elements with ms.where" },
	{ "an in-place op ", "assign the result of the op of that name without '_'" },
	{ "a tensor that is another one on another path", "make the condition plain" },
	{ "a table with holes that is kept", "put false in its holes, or keep the values in fields" },
	{ "a tensor that may be one kept outside", "keep its clone()" },
	{ "a tensor that may be one from outside", "keep its clone()" },
	{ "a tensor that a staged loop keeps outside", "keep its clone(), or keep it after the loop only" },
	{ "two results that may be one tensor", "return the clone() of one" },
	{ "a view at a position known only", "keep its clone()" },
	{ "a write into a tensor", "let the staged function do it" },
	{ "ms.save", "return the values and save them after the staged call" },
	{ "ms.load", "load before the staged call" },
	{ "a staged value written into an eager tensor", "let the staged function do it" },
	{ "anything while nil", "take it off with debug.setmetatable before the staged call" },
	{ "in code that is not staged", "let the staged function do it" },
}

-- The advice for a message of the shared function, with "; " in front, or "".
function S.advice(what)
	for _, a in ipairs(advice) do
		if what:find(a[1], 1, true) then return "; " .. a[2] end
	end
	return ""
end
