/* The source line below an error message, with a caret at what the message speaks of. The texts are
   those of the chunks that are loaded (load.c keeps them); where on the line it points is found from
   the words of the message: a name in quotes, the function it begins with, any function it mentions
   that the line calls, an operator, else the error or assert on it. */
#include "bind/source.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_LINE = 160 };

struct span {
	const char *s;
	size_t n;
};

static bool in_name(char c) { return isalnum((unsigned char)c) || c == '_'; }

/* Line number `line` of a text, without its end; false: there is none, or it is too long to show. */
static bool nth_line(const char *s, size_t len, int line, struct span *out)
{
	const char *end = s + len;
	for (int i = 1; i < line; i++) {
		while (s < end && *s != '\n' && *s != '\r') s++;
		if (s == end) return false;
		if (end - s > 1 && (s[1] == '\n' || s[1] == '\r') && s[1] != *s) s++;
		s++;
	}
	const char *to = s;
	while (to < end && *to != '\n' && *to != '\r') to++;
	*out = (struct span){s, (size_t)(to - s)};
	return out->n > 0 && out->n <= LONGEST_LINE;
}

/* The word as a name of its own on the line; `called`: only where it is called. */
static const char *find_word(struct span line, struct span word, bool called)
{
	if (!word.n || word.n > line.n) return NULL;
	for (size_t i = 0; i + word.n <= line.n; i++) {
		const char *at = line.s + i, *after = at + word.n, *end = line.s + line.n;
		if (memcmp(at, word.s, word.n) != 0) continue;
		if (in_name(*word.s) && i > 0 && in_name(at[-1])) continue;
		if (in_name(word.s[word.n - 1]) && after < end && in_name(*after)) continue;
		if (called && (after == end || (*after != '(' && *after != '{'))) continue;
		return at;
	}
	return NULL;
}

/* 'a.b.c' is c, so is the function a message begins with. */
static struct span last_part(struct span w)
{
	for (size_t i = w.n; i > 0; i--)
		if (w.s[i - 1] == '.' || w.s[i - 1] == ':') return (struct span){w.s + i, w.n - i};
	return w;
}

static const char *quoted(struct span line, const char *message, size_t *n)
{
	for (const char *at = message; (at = strchr(at, '\'')) != NULL;) {
		if (at > message && in_name(at[-1])) { /* can't */
			at++;
			continue;
		}
		const char *end = strchr(at + 1, '\'');
		if (!end) return NULL;
		struct span word = last_part((struct span){at + 1, (size_t)(end - at - 1)});
		const char *found = find_word(line, word, false);
		if (found) return *n = word.n, found;
		at = end + 1;
	}
	return NULL;
}

/* A word that may stand before a parenthesis and is no function. */
static bool is_keyword(struct span w)
{
	static const char *const words[] = {"and", "function", "if", "in", "not", "or", "return", "until", "while"};
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (w.n == strlen(words[i]) && !memcmp(w.s, words[i], w.n)) return true;
	return false;
}

static const char *function(struct span line, const char *message, size_t *n)
{
	for (const char *at = message; *at;) {
		const char *end = at;
		while (in_name(*end) || (*end == '.' && in_name(end[1]))) end++;
		struct span word = last_part((struct span){at, (size_t)(end - at)});
		const char *found = find_word(line, word, at != message || *end != ':');
		if (word.n > 1 && found && !is_keyword(word)) return *n = word.n, found;
		at = end + (*end != 0);
	}
	return NULL;
}

/* The operator of which stock's messages speak only by what it does. */
static const char *operator(struct span line, const char *message, size_t *n)
{
	static const struct {
		const char *verb, *texts[6];
	} of[] = {{"attempt to compare", {"<=", ">=", "==", "~=", "<", ">"}},
	          {"attempt to concatenate", {".."}},
	          {"attempt to get length", {"#"}},
	          {"attempt to perform 'n//0'", {"//"}},
	          {"attempt to divide by zero", {"//"}},
	          {"attempt to perform 'n%", {"%"}},
	          {"index", {"["}},
	          {"add:", {"+"}},
	          {"sub:", {"-"}},
	          {"mul:", {"*"}},
	          {"div:", {"/"}},
	          {"floordiv:", {"//"}},
	          {"mod:", {"%"}},
	          {"pow:", {"^"}},
	          {"lt:", {"<", ">"}},
	          {"le:", {"<=", ">="}},
	          {"gt:", {">", "<"}},
	          {"ge:", {">=", "<="}},
	          {"eq:", {"=="}},
	          {"ne:", {"~="}},
	          {"band:", {"&"}},
	          {"bor:", {"|"}},
	          {"bxor:", {"~"}}};
	for (size_t i = 0; i < COUNT_OF(of); i++) {
		if (strncmp(message, of[i].verb, strlen(of[i].verb)) != 0) continue;
		for (size_t k = 0; k < COUNT_OF(of[i].texts) && of[i].texts[k]; k++) {
			struct span word = {of[i].texts[k], strlen(of[i].texts[k])};
			const char *found = find_word(line, word, false);
			if (found) return *n = word.n, found;
		}
	}
	return NULL;
}

static void add_excerpt(luaL_Buffer *b, struct span line, const char *message)
{
	size_t n = 0;
	const char *end = line.s + line.n, *first = line.s, *at;
	while (first < end && isspace((unsigned char)*first)) first++;
	if (!(at = quoted(line, message, &n)) && !(at = function(line, message, &n)) &&
	    !(at = operator(line, message, &n)) && !(at = function(line, "error assert", &n))) {
		at = first;
		for (n = 0; at + n < end && in_name(at[n]);) n++;
	}
	luaL_addchar(b, '\n');
	luaL_addlstring(b, line.s, line.n);
	luaL_addchar(b, '\n');
	for (const char *s = line.s; s < at; s++) {
		if (*s == '\t') luaL_addchar(b, '\t');
		else if (((unsigned char)*s & 0xc0) != 0x80) luaL_addchar(b, ' '); /* one column a UTF-8 character */
	}
	luaL_addchar(b, '^');
	for (size_t i = 1; i < n; i++) luaL_addchar(b, '~');
}

void source_excerpt(lua_State *L, const char *message)
{
	/* "NAME:LINE: text"; a name may hold colons and blanks */
	const char *newline = strchr(message, '\n'), *colon = message, *text = NULL, *name = NULL;
	size_t len = 0;
	long line = 0;
	int top = lua_gettop(L);
	struct span found;
	luaL_checkstack(L, 10, "error message");
	while (!name && (colon = strchr(colon, ':')) != NULL && (!newline || colon < newline)) {
		char *end;
		line = isdigit((unsigned char)colon[1]) ? strtol(colon + 1, &end, 10) : 0;
		if (line > 0 && line < 0x7fffffff && !strncmp(end, ": ", 2)) {
			name = lua_pushlstring(L, message, (size_t)(colon - message));
			message = end + 2;
		} else {
			colon++;
		}
	}
	if (name) text = load_text(L, name, &len);
	if (!text || !nth_line(text, len, (int)line, &found) ||
	    (newline && !strncmp(newline + 1, found.s, found.n))) { /* has one already */
		lua_settop(L, top);
		lua_pushliteral(L, "");
		return;
	}
	luaL_Buffer b;
	luaL_buffinit(L, &b);
	add_excerpt(&b, found, message);
	luaL_pushresult(&b);
	lua_replace(L, top + 1);
	lua_settop(L, top + 1);
}
