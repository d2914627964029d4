#!/usr/bin/env bash
# Makes the Debian package of what is built: `make packages` has the order. The same bytes each time it is made of the
# same bytes: times are the commit's, owner is root, files are sorted, compression does not depend on processors.
#   usage: packaging/deb/build.sh [OUTDIR]      default artifacts/packages; NODEAGENT_REVISION says which revision
set -euo pipefail
cd "$(dirname "$0")/../.."
here=packaging/deb
out=${1:-artifacts/packages}
version=$(packaging/version.sh version)-$(packaging/version.sh revision)
SOURCE_DATE_EPOCH=$(packaging/version.sh epoch)
export SOURCE_DATE_EPOCH LC_ALL=C.UTF-8
umask 022

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree=$work/nodeagent
packaging/stage.sh deb "$tree"

# What only Debian knows.
doc=$tree/usr/share/doc/nodeagent
install -m 644 $here/copyright "$doc/copyright"
mv "$doc/CHANGELOG.md" "$doc/changelog"
{
  sed "s/@VERSION@/$version/" $here/changelog.in
  printf '\n -- %s  %s\n' "$(sed -n 's/^Maintainer: //p' $here/control.in)" "$(date --utc --rfc-email --date="@$SOURCE_DATE_EPOCH")"
} >"$doc/changelog.Debian"
gzip -9n "$doc/changelog" "$doc/changelog.Debian"
install -D -m 644 $here/lintian-overrides "$tree/usr/share/lintian/overrides/nodeagent"

# Libraries that the programs are linked with, in the versions whose symbols they use; those that are loaded at run time
# are in control.in.
mkdir -p "$work/debian"
printf 'Source: nodeagent\n\nPackage: nodeagent\nArchitecture: amd64\n' >"$work/debian/control"
programs=()
for program in "$tree"/usr/sbin/* "$tree"/usr/bin/* "$tree"/usr/libexec/nodeagent/*; do
  [ ! -f "$program" ] || programs+=("-e$program")
done
linked=$(cd "$work" && dpkg-shlibdeps -O "${programs[@]}" 2>/dev/null | sed -n 's/^shlibs:Depends=//p')
[ -n "$linked" ] || { echo "deb: dpkg-shlibdeps named no library" >&2; exit 1; }

mkdir "$tree/DEBIAN"
sed -e "s/@VERSION@/$version/" -e "s/@LINKED@/$linked/" \
  -e "s/@SIZE@/$(du --apparent-size -sk --exclude=DEBIAN "$tree" | cut -f 1)/" $here/control.in >"$tree/DEBIAN/control"
(cd "$tree" && find etc -type f | sort | sed 's|^|/|') >"$tree/DEBIAN/conffiles"
(cd "$tree" && find usr -type f -print0 | sort -z | xargs -0 md5sum) >"$tree/DEBIAN/md5sums"
install -m 755 $here/postinst $here/prerm "$tree/DEBIAN/"
sed -e '/^@GUESTS@$/{' -e "r /dev/stdin" -e 'd' -e '}' $here/postrm >"$tree/DEBIAN/postrm" < <(sed '/^#/d' packaging/guests.sh)
chmod 755 "$tree/DEBIAN/postrm"
find "$tree" -exec touch --no-dereference --date "@$SOURCE_DATE_EPOCH" {} +

mkdir -p "$out"
# The lowest level: 7 % more bytes in a third of the time.
dpkg-deb --root-owner-group -Zxz -z1 --threads-max=1 --build "$tree" "$work" >/dev/null
mv "$work/nodeagent_${version}_amd64.deb" "$out/"
echo "packages: $out/nodeagent_${version}_amd64.deb, $(du --apparent-size -h "$out/nodeagent_${version}_amd64.deb" | cut -f 1)"
