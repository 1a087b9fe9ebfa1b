#!/bin/sh
# Random programs print the same in every mode; TAP. Others: FROM=100 TO=200 KIND=tensors sh tests/fuzz/numbers.sh
exec lua5.4 tests/lib/fuzz_compare.lua "${FROM:-1}" "${TO:-6}" ${KIND:+"$KIND"}
