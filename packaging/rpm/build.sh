#!/usr/bin/env bash
# Makes the RPM of what is built: `make packages` has the order. The same bytes each time it is made of the same bytes:
# times are the commit's, the host has no name, compression does not depend on processors.
#   usage: packaging/rpm/build.sh [OUTDIR]      default artifacts/packages; NODEAGENT_REVISION says which revision,
#                                               NODEAGENT_ZSTD how hard to compress (19; tests take less)
set -euo pipefail
cd "$(dirname "$0")/../.."
out=${1:-artifacts/packages}
version=$(packaging/version.sh version)
revision=$(packaging/version.sh revision)
SOURCE_DATE_EPOCH=$(packaging/version.sh epoch)
export SOURCE_DATE_EPOCH LC_ALL=C.UTF-8
umask 022

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
stage=$work/stage
packaging/selinux/build.sh artifacts/selinux
packaging/stage.sh rpm "$stage"
install -D -m 644 LICENSE "$stage/usr/share/licenses/nodeagent/LICENSE"
find "$stage" -exec touch --no-dereference --date "@$SOURCE_DATE_EPOCH" {} +

# Every file of the tree, with what RPM should know of it; folders only where they are ours alone.
(cd "$stage" && find . \( -type f -o -type d -path '*nodeagent*' \) -printf '%y /%P\n' | sort -k 2) | while read -r type path; do
  case $type$path in
    d/etc/nodeagent*) echo "%dir $path" ;;
    d*) echo "%dir $path" ;;
    f/etc/*) echo "%config(noreplace) $path" ;;
    f/usr/share/doc/*) echo "%doc $path" ;;
    f/usr/share/licenses/*) echo "%license $path" ;;
    *) echo "$path" ;;
  esac
done >"$work/files"

# Comments of the snippet stay out of the package's scripts.
sed -e '/^@GUESTS@$/{' -e "r /dev/stdin" -e 'd' -e '}' packaging/rpm/nodeagent.spec >"$work/nodeagent.spec" < <(sed '/^#/d' packaging/guests.sh)

rpmbuild -bb --quiet --target x86_64 "$work/nodeagent.spec" \
  --define "_topdir $work/rpm" --define "_rpmdir $work/rpms" --define "nodeagent_stage $stage" --define "nodeagent_files $work/files" \
  --define "nodeagent_version ${version/-/\~}" --define "nodeagent_revision $revision" \
  --define "nodeagent_day $(LC_ALL=C date --utc --date="@$SOURCE_DATE_EPOCH" '+%a %b %d %Y')" \
  --define '_buildhost reproducible' --define 'use_source_date_epoch_as_buildtime 1' \
  --define 'clamp_mtime_to_source_date_epoch 1' --define 'source_date_epoch_from_changelog 0' \
  --define "_binary_payload w${NODEAGENT_ZSTD:-19}.zstdio" --define '_binary_filedigest_algorithm 8' >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }

package=nodeagent-${version/-/\~}-$revision.x86_64.rpm
if command -v rpmlint >/dev/null; then
  # A warning counts: what is not so here stands in rpmlint.toml with its reason.
  rpmlint --config packaging/rpm/rpmlint.toml "$work/rpms/x86_64/$package" >"$work/lint" 2>&1 || true
  if ! grep -q ' 0 errors, 0 warnings,' "$work/lint"; then
    cat "$work/lint" >&2
    exit 1
  fi
fi
mkdir -p "$out"
mv "$work/rpms/x86_64/$package" "$out/"
echo "packages: $out/$package, $(du --apparent-size -h "$out/$package" | cut -f 1)"
