#!/usr/bin/perl
# Checks the order of the folders: a file includes only its own folder's headers and those of folders
# before it; lua.h is for src/bind, kernels are for themselves, the host knows moonstage.h alone.
use strict;
use warnings;

my %sees = (kernels => [], base => ['kernels'], lang => ['base']);
$sees{tensor} = [qw(kernels base)];
$sees{op}     = [@{$sees{tensor}}, 'tensor'];
$sees{graph}  = [@{$sees{op}}, 'op'];
my @graph = (@{$sees{graph}}, 'graph');
$sees{$_} = [@graph] for qw(grad pass exec io);
$sees{emit} = [@graph, qw(grad pass exec io)];
$sees{bind} = [@graph, qw(grad pass exec io emit lang moonstage.h)];
$sees{host} = ['moonstage.h'];

my ($files, $bad) = (0, 0);
sub complain { print "$_[0]\n"; $bad++ }

for my $path (glob 'kernels/*.[ch] src/*.h src/*/*.[ch] src/*/*.def') {
	my ($room) = $path =~ m{^(?:src/)?(\w+)/};
	open my $in, '<', $path or die "$path: $!";
	$files++;
	while (<$in>) {
		complain "$path: more than 1000 lines" if $. == 1001;
		next unless /^\s*#\s*include\s*([<"])([^>"]+)[>"]/;
		my ($how, $what) = ($1, $2);
		if ($how eq '<') {
			complain "$path:$.: <$what> belongs to src/bind" if $what =~ /^(lua|lauxlib|lualib)/ && ($room // '') ne 'bind';
			complain "$path:$.: ours is included with quotes" if -e "src/$what" || -e $what && $what =~ m{/};
			next;
		}
		next if $what eq 'bind/prelude.h' && ($room // '') eq 'bind';
		if (!defined $room) { complain "$path:$.: the public header includes \"$what\""; next }
		my ($other) = $what =~ m{^(\w+)/};
		$other = $what eq 'moonstage.h' ? $what : 'a relative path' unless defined $other;
		$other = $room if $other eq 'a relative path' && $room eq 'kernels' && -e "kernels/$what";
		complain "$path:$.: $room includes \"$what\"" unless $other eq $room || grep { $_ eq $other } @{$sees{$room} // []};
	}
}
print "$files files, $bad out of order\n";
exit($bad || !$files ? 1 : 0);
