#!/usr/bin/perl
# Prints C text that holds the given Lua files: the prelude compiled into the library.
use strict;
use warnings;
print "#include <stddef.h>\n#include \"bind/prelude.h\"\nconst struct prelude_file prelude_files[] = {\n";
for my $path (@ARGV) {
	open my $in, '<', $path or die "$path: $!";
	my ($name) = $path =~ m{([^/]+)\.lua$};
	print "{ \"$name\",\n";
	my $size = 0;
	while (my $line = <$in>) {
		$size += length $line;
		$line =~ s/([\\"])/\\$1/g;
		$line =~ s/\t/\\t/g;
		$line =~ s/\n/\\n/g;
		$line =~ s/\?\?/?\\?/g;
		print "\"$line\"\n";
	}
	print ", $size },\n";
}
print "{ NULL, NULL, 0 } };\n";
