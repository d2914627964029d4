using CsCheck;
using NodeAgent.Hypervisor.Storage;

namespace NodeAgent.Tests.Hypervisor.Storage;

public sealed class Qcow2HeaderTests
{
    public static TheoryData<string, Action<Qcow2Image>> Hostile => new()
    {
        { "other magic", image => image.U32(0, 0x514649FA) },
        { "version 1", image => image.U32(4, 1) },
        { "version 4", image => image.U32(4, 4) },
        { "clusters of 256 bytes", image => image.U32(20, 8) },
        { "clusters of 4 GiB", image => image.U32(20, 32) },
        { "clusters of no size", image => image.U32(20, uint.MaxValue) },
        { "encrypted", image => image.U32(32, 2) },
        { "unknown feature", image => image.U64(72, 32) },
        { "highest feature", image => image.U64(72, 1UL << 63) },
        { "endless virtual size", image => image.U64(24, ulong.MaxValue) },
        { "virtual size beyond the L1 table", image => image.U64(24, 1UL << 40) },
        { "L1 table of 32 GiB", image => image.U32(36, uint.MaxValue) },
        { "L1 table over the header", image => image.U64(40, 0) },
        { "L1 table out of line", image => image.U64(40, (3 * 65536) + 8) },
        { "L1 table after the end", image => image.U64(40, 4 * 65536) },
        { "L1 table far after the end", image => image.U64(40, ulong.MaxValue - 65535) },
        { "no refcount table", image => image.U32(56, 0) },
        { "endless refcount table", image => image.U32(56, uint.MaxValue) },
        { "refcount table over the header", image => image.U64(48, 0) },
        { "refcount table after the end", image => image.U64(48, 1UL << 62) },
        { "refcounts of 128 bits", image => image.U32(96, 7) },
        { "endless snapshots", image => image.U32(60, uint.MaxValue) },
        { "snapshots nowhere", image => image.U32(60, 1).U64(64, 1UL << 40) },
        { "header of no length", image => image.U32(100, 0) },
        { "header longer than its cluster", image => image.U32(100, 65537) },
        { "endless header", image => image.U32(100, uint.MaxValue) },
        { "extension without end", image => image.Extension(1, "x", uint.MaxValue) },
        { "extension beyond the cluster", image => image.Extension(1, "x", 65536) },
        { "33 extensions", image => Enumerable.Range(0, 33).ToList().ForEach(_ => image.Extension(1, "x")) },
        { "two backing formats", image => image.Extension(0xE2792ACA, "raw").Extension(0xE2792ACA, "qcow2") },
        { "long backing format", image => image.Extension(0xE2792ACA, new string('x', 16)) },
        { "backing format with a zero", image => image.Extension(0xE2792ACA, "ra\0w") },
        { "two data files", image => image.DataFile("a").Extension(0x44415441, "b") },
        { "backing name without length", image => image.U64(8, 200) },
        { "backing name of 1,024 bytes", image => image.Backing(new string('a', 1024)) },
        { "backing name in the header", image => image.Backing("a").U64(8, 16) },
        { "backing name beyond what is read", image => image.Backing("a").U64(8, 65536) },
        { "backing name nowhere", image => image.Backing("a").U64(8, ulong.MaxValue) },
        { "backing name at the end of 64 bits", image => image.Backing("a").U64(8, ulong.MaxValue - 1).U32(16, 1023) },
        { "backing name with a zero", image => image.Backing("a\0b") },
        { "backing name with a line break", image => image.Backing("a\nb") },
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public void Hostile_header_is_refused(string what, Action<Qcow2Image> spoil)
    {
        var image = new Qcow2Image();
        spoil(image);
        Parse(image.Bytes, out var problem).ShouldBeNull(what);
        problem.ShouldNotBeNull();
        problem.Any(char.IsControl).ShouldBeFalse();
    }

    [Fact]
    public void Honest_header_is_read()
    {
        var header = Parse(new Qcow2Image(5 << 20).Backing("base.img", "qcow2").Bytes, out var problem).ShouldNotBeNull(problem);
        header.Version.ShouldBe(3u);
        header.VirtualSize.ShouldBe(5 << 20);
        header.ClusterBits.ShouldBe(16);
        header.BackingFile.ShouldBe("base.img");
        header.BackingFormat.ShouldBe("qcow2");
        header.HasDataFile.ShouldBeFalse();
        header.Corrupt.ShouldBeFalse();
    }

    [Fact]
    public void Header_of_version_2_has_no_features()
    {
        // What version 3 calls features is the beginning of the extensions here.
        var header = Parse(new Qcow2Image().U32(4, 2).U64(72, 0).Bytes, out var problem).ShouldNotBeNull(problem);
        header.Version.ShouldBe(2u);
        header.HasDataFile.ShouldBeFalse();
    }

    [Fact]
    public void Marks_are_read()
    {
        Parse(new Qcow2Image().U64(72, 2).Bytes, out _)!.Corrupt.ShouldBeTrue();
        Parse(new Qcow2Image().DataFile("data").Bytes, out _)!.DataFile.ShouldBe("data");
    }

    [Fact]
    public void Header_that_is_cut_short_anywhere_is_refused_or_says_the_same()
    {
        var bytes = new Qcow2Image().Backing("base.img").Bytes;
        for (var length = 0; length < 400; length++)
        {
            if (Qcow2Header.TryParse(bytes.AsSpan(0, length), bytes.Length, out var header, out _))
            {
                header.BackingFile.ShouldBe("base.img", $"cut after {length} bytes");
            }
        }
    }

    [Fact]
    public void Any_bytes_are_refused_or_read_but_never_break_anything()
    {
        var honest = new Qcow2Image().Backing("base.img").DataFile("data").Bytes;
        Gen.Select(Gen.Int[0, 200], Gen.Byte).Array[1, 12].Sample(changes =>
        {
            var bytes = (byte[])honest.Clone();
            foreach (var (offset, value) in changes)
            {
                bytes[offset] = value;
            }

            if (Qcow2Header.TryParse(bytes.AsSpan(0, Qcow2Header.InspectedBytes), bytes.Length, out var header, out var problem))
            {
                header.ClusterBits.ShouldBeInRange(9, 21);
                header.VirtualSize.ShouldBeGreaterThanOrEqualTo(0);
                (header.BackingFile ?? "").Any(char.IsControl).ShouldBeFalse();
            }
            else
            {
                problem.ShouldNotBeNullOrEmpty();
            }
        });
    }

    [Fact]
    public void Inspection_allocates_nothing_by_the_numbers_in_the_image()
    {
        var bytes = new Qcow2Image().U32(36, uint.MaxValue).U32(56, uint.MaxValue).U32(60, uint.MaxValue).Bytes;
        Parse(bytes, out _);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Parse(bytes, out _);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(4096);
    }

    private static Qcow2Header? Parse(byte[] bytes, out string? problem) =>
        Qcow2Header.TryParse(bytes.AsSpan(0, Qcow2Header.InspectedBytes), bytes.Length, out var header, out problem) ? header : null;
}
