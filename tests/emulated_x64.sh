#!/bin/sh
# Runs the kernels' tests on emulated x86-64 processors: one with AVX-512 VNNI, and one with only
# AVX-VNNI.
#
#   tests/emulated_x64.sh [ARGUMENT...]
#
# The arguments are those of the test binary; without any, it runs all tests but those of threads.
# Bochs emulates a whole PC; in it, a Debian kernel starts the test binary as early as possible.
# Debian packages are unpacked below target/; nothing is installed. Needs cargo, an x86-64 Debian
# and about ten minutes. Not part of ./test. Speeds mean nothing here.
set -eu

cd "$(dirname "$0")/.."
# Bochs of the suite after this one, 3.1 as compiled there, divides 64-bit numbers wrongly.
ROOT=$(SUITE=trixie tests/editors/get_debian.sh bochs usr/bin/bochs-bin bochs bochs-term bochsbios \
    vgabios xorriso isolinux syslinux-common busybox-static linux-image-cloud-amd64)
LIBRARIES=$ROOT/usr/lib/x86_64-linux-gnu
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
# One emulated processor: tests of threads take too long there.
[ $# -gt 0 ] || set -- --skip threads --skip pool

binary=$(cargo test -p kernels --lib --no-run 2>&1 | sed -n 's/^ *Executable.*(\(.*\))$/\1/p')
[ -n "$binary" ] || { echo "the tests do not build" >&2; exit 1; }

# The first file system: busybox, the binary and its libraries, and what to do with them.
mkdir -p "$WORK/files/bin" "$WORK/files/proc" "$WORK/files/tmp" "$WORK/disc"
cp "$ROOT/usr/bin/busybox" "$WORK/files/bin"
ln -s busybox "$WORK/files/bin/sh"
cp "$binary" "$WORK/files/tests"
ldd "$binary" | grep -o '/[^ ]*' | while read -r library; do
    mkdir -p "$WORK/files$(dirname "$library")"
    cp -L "$library" "$WORK/files$library"
done
cat > "$WORK/files/init" <<EOF
#!/bin/sh
busybox mount -t proc proc /proc
busybox grep -o -w -e avx512_vnni -e avx_vnni /proc/cpuinfo
/tests --test-threads=1 $*
echo "exit status: \$?"
busybox sleep 1 # until the line has sent all
busybox reboot -f
EOF
chmod +x "$WORK/files/init"
(cd "$WORK/files" && find . | "$ROOT/usr/bin/busybox" cpio -o -H newc 2>/dev/null) |
    gzip -1 > "$WORK/disc/files.gz"

# A disc that starts the kernel. Without ACPI, whose start arrow_lake does not survive; a reboot
# ends the emulator.
cp "$ROOT/usr/lib/ISOLINUX/isolinux.bin" "$WORK/disc"
cp "$ROOT/usr/lib/syslinux/modules/bios/ldlinux.c32" "$WORK/disc"
cp "$ROOT"/boot/vmlinuz-* "$WORK/disc/vmlinuz"
cat > "$WORK/disc/isolinux.cfg" <<EOF
DEFAULT tests
LABEL tests
  KERNEL /vmlinuz
  APPEND initrd=/files.gz console=ttyS0 quiet acpi=off mitigations=off reboot=triple panic=-1
EOF
"$LIBRARIES/ld-linux-x86-64.so.2" --library-path "$LIBRARIES" "$ROOT/usr/bin/xorriso" \
    -as mkisofs -quiet -o "$WORK/disc.iso" -b isolinux.bin -c boot.cat \
    -no-emul-boot -boot-load-size 4 -boot-info-table "$WORK/disc"

failed=0
for model in tigerlake arrow_lake; do
    echo "$model"
    cat > "$WORK/machine" <<EOF
config_interface: textconfig
display_library: term
cpu: model=$model, ips=100000000, reset_on_triple_fault=0
memory: guest=1024, host=1024
romimage: file=$ROOT/usr/share/bochs/BIOS-bochs-latest, options=fastboot
vgaromimage: file=$ROOT/usr/share/vgabios/vgabios.bin
ata0-master: type=cdrom, path=$WORK/disc.iso, status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev=$WORK/console
panic: action=fatal
log: $WORK/log
EOF
    LTDL_LIBRARY_PATH=$LIBRARIES/bochs/plugins TERM=xterm timeout -s KILL 3600 \
        "$ROOT/usr/bin/bochs-bin" -q -f "$WORK/machine" > "$WORK/screen" 2>&1 < /dev/null || true
    cat "$WORK/console"
    tr -d '\r' < "$WORK/console" | grep -q '^exit status: 0$' || failed=1
done
exit $failed
