#!/bin/sh
# Random programs on small tensors, with random draws, print the same in every mode; TAP.
KIND=tensors exec sh tests/fuzz/numbers.sh
