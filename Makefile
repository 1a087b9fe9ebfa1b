# Moonstage. `make help` lists the targets; everything built lands in $(BUILD).
BUILD  ?= build
CC     ?= gcc
ARCH   ?= native
OPT    ?= -O2
PREFIX ?= /usr/local

MAKEFLAGS += --no-print-directory
JOBS   := -j$(shell nproc 2>/dev/null || echo 2)
PKGS   := gcc libc6-dev pkg-config liblua5.4-dev libopenblas-dev libcmocka-dev libzip-dev lua5.4 perl
WARN   := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes
FPOPTS := -ffp-contract=off -fno-trapping-math -fno-math-errno
CFLAGS  = -std=c11 -D_GNU_SOURCE $(OPT) -g -march=$(ARCH) $(WARN) $(FPOPTS) -fPIC -fvisibility=hidden -pthread $(INCS) $(EXTRA)
INCS   := -Isrc -I. $(shell pkg-config --cflags lua5.4 openblas libzip 2>/dev/null)
LIBS   := $(shell pkg-config --libs lua5.4 libzip 2>/dev/null) -lm -ldl -pthread
# the program holds the whole of Lua itself: faster than the shared library, and what C modules link to
HOSTLIBS = $(subst -llua5.4,-Wl$(comma)--whole-archive -l:liblua5.4.a -Wl$(comma)--no-whole-archive,$(LIBS))
comma  := ,
RDYN   := -Wl,-E

PRELUDE := $(addprefix lua/,state.lua events.lua writes.lua regions.lua kept.lua advice.lua names.lua stack.lua guards.lua lengths.lua storage.lua alias.lua control.lua appends.lua caught.lua keys.lua stores.lua records.lua carried.lua loops.lua recursion.lua close.lua library.lua rolled.lua coroutines.lua text.lua tables.lua lists.lua list_whole.lua list_sort.lua numbers.lua objects.lua pools.lua rows.lua stage.lua special.lua auto.lua host.lua held.lua explain.lua)
FOLDERS := kernels src/base src/lang src/tensor src/op src/graph src/grad src/pass src/exec src/io src/bind
SRCS   := $(foreach d,$(FOLDERS),$(sort $(wildcard $(d)/*.c)))
OBJS    = $(SRCS:%.c=$(BUILD)/obj/%.o) $(BUILD)/obj/prelude.o
HOSTS  := $(sort $(wildcard src/host/*.c))
HOSTO   = $(HOSTS:%.c=$(BUILD)/obj/%.o)
CTESTS := $(sort $(wildcard tests/*/test_*.c))
CBINS   = $(CTESTS:tests/%.c=$(BUILD)/tests/%)
BBINS   = $(patsubst tests/bench/c/%.c,$(BUILD)/bench/%,$(sort $(wildcard tests/bench/c/*.c)))
ASAN   := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
VERSION = $(shell sed -n "s/^\#define MOON_VERSION \"\(.*\)\"/\1/p" src/moonstage.h)

.PHONY: help all deps demo test asan fuzz layers corpus bench install clean
help: ## this list
	@grep -hE '^[a-z]+:.*##' Makefile | sed 's/:.*## /\t/' | expand -t 10

all: ## build moonstage, libmoonstage.a and libmoonstage.so
all: deps
	@$(MAKE) $(JOBS) $(BUILD)/moonstage $(BUILD)/libmoonstage.so

deps: ## install the Debian packages the build needs, when missing
	@perl -v >/dev/null 2>&1 && pkg-config --exists lua5.4 openblas cmocka libzip 2>/dev/null \
	  && echo "#include <stdio.h>" | $(CC) -fsyntax-only -xc - 2>/dev/null && command -v lua5.4 >/dev/null || sh tests/deps.sh $(PKGS)

demo: ## build, then train examples/charlm.lua eagerly and staged, and compare
demo: all
	@sh tests/demo.sh $(BUILD)

test: ## run every test
test: all
	@$(MAKE) $(JOBS) $(CBINS) $(BUILD)/fuzz
	@sh tests/run.sh $(BUILD)

asan: ## run every test in a build with the address and undefined behaviour sanitizers
	@$(MAKE) BUILD=$(BUILD)/asan OPT=-O1 EXTRA="$(ASAN) -DMOON_VERIFY" LDEXTRA="$(ASAN)" test

fuzz: ## compare random programs in all modes: make fuzz [SECONDS=60] [SEED=1] [FROM=1] [COUNT=n] [PARALLEL=1]
fuzz: all
	@$(MAKE) $(BUILD)/fuzz
	@$(BUILD)/fuzz tests/fuzz/fuzz.lua SEED=$(SEED) FROM=$(FROM) COUNT=$(COUNT) SECONDS=$(SECONDS) PARALLEL=$(PARALLEL)

layers: ## check the order of the folders
	@perl tests/layers.pl

corpus: ## check the front end against Lua files of Debian packages (downloads into $(BUILD))
corpus: all
	@sh tests/lang/corpus.sh $(BUILD)

bench: ## measure against the yardsticks
bench: all
	@$(MAKE) $(JOBS) $(BBINS)
	@lua5.4 tests/bench/run.lua $(BUILD)

install: ## install into $(DESTDIR)$(PREFIX)
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/include $(DESTDIR)$(PREFIX)/lib/pkgconfig $(DESTDIR)$(PREFIX)/lib/lua/5.4
	install -m 755 $(BUILD)/moonstage $(DESTDIR)$(PREFIX)/bin
	install -m 644 src/moonstage.h $(DESTDIR)$(PREFIX)/include
	install -m 644 $(BUILD)/libmoonstage.a $(BUILD)/libmoonstage.so $(DESTDIR)$(PREFIX)/lib
	ln -sf ../../libmoonstage.so $(DESTDIR)$(PREFIX)/lib/lua/5.4/moonstage.so
	printf "%s\n" "prefix=$(PREFIX)" 'libdir=$${prefix}/lib' 'includedir=$${prefix}/include' "" \
	  "Name: moonstage" "Description: imperative Lua tensor scripts, run eagerly or staged into graphs" \
	  "Version: $(VERSION)" 'Libs: -L$${libdir} -lmoonstage' "Libs.private: $(LIBS)" \
	  'Cflags: -I$${includedir}' > $(DESTDIR)$(PREFIX)/lib/pkgconfig/moonstage.pc

clean: ## remove $(BUILD)
	rm -rf $(BUILD)

# The prelude is Lua text and code in the library; a program turns the files into C string tables.
PRELUDE += $(addprefix lua/,overload.lua convert.lua dispatch.lua)
$(BUILD)/prelude: lua/prelude.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -o $@ $< $(LDEXTRA) $(HOSTLIBS)
$(BUILD)/obj/prelude.c: $(BUILD)/prelude $(PRELUDE)
	@mkdir -p $(@D)
	$(BUILD)/prelude $(PRELUDE) > $@.part
	@mv $@.part $@
$(BUILD)/obj/prelude.o: $(BUILD)/obj/prelude.c
	$(CC) $(CFLAGS) -c -o $@ $<

# the widest vectors there are pay in kernels, which do little else
WIDE   := $(shell $(CC) -mprefer-vector-width=512 -E -x c /dev/null >/dev/null 2>&1 && echo -mprefer-vector-width=512)
$(BUILD)/obj/kernels/%.o: OPT := $(if $(filter -O2,$(OPT)),-O3,$(OPT)) $(WIDE)
$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/libmoonstage.a: $(OBJS)
	@rm -f $@
	ar rcs $@ $^
$(BUILD)/libmoonstage.so: $(OBJS)
	$(CC) -shared -o $@ $^ $(LDEXTRA) $(LIBS)
	@ln -sf libmoonstage.so $(BUILD)/moonstage.so # the name Lua's require looks for
$(BUILD)/moonstage: $(HOSTO) $(BUILD)/libmoonstage.a
	$(CC) $(CFLAGS) $(RDYN) -o $@ $^ $(LDEXTRA) $(HOSTLIBS)
$(BUILD)/tests/%: tests/%.c $(BUILD)/libmoonstage.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -MMD -MP -MT $@ -o $@ $< $(BUILD)/libmoonstage.a $(LDEXTRA) $(LIBS) -lcmocka
$(BUILD)/fuzz: tests/fuzz/driver.c $(BUILD)/libmoonstage.a
	$(CC) $(CFLAGS) -o $@ $^ $(LDEXTRA) $(HOSTLIBS)
$(BUILD)/bench/%: tests/bench/c/%.c $(BUILD)/libmoonstage.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -O3 -ffast-math -MMD -MP -MT $@ -o $@ $< $(BUILD)/libmoonstage.a $(LIBS) \
	  $(shell pkg-config --libs openblas)

-include $(shell find $(BUILD) -path $(BUILD)/corpus -prune -o -type f -name '*.d' -print 2>/dev/null)
