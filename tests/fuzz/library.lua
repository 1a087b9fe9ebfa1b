return require "tests.fuzz.reach" ()
