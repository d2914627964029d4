using NodeAgent.Hypervisor.Spec;
using NodeAgent.Hypervisor.Storage;
using NodeAgent.Tests.Hypervisor.Qemu;

namespace NodeAgent.Tests.Hypervisor.Storage;

public sealed class ImageInspectorTests : IDisposable
{
    private readonly TemporaryDirectory _home = new();
    private readonly ImageInspector _inspector;

    public ImageInspectorTests()
    {
        Directory.CreateDirectory(In("images/sub"));
        File.WriteAllBytes(In("images/base.raw"), new byte[4096]);
        File.WriteAllBytes(In("secret"), new byte[4096]);
        File.CreateSymbolicLink(In("images/away"), In("secret"));
        _inspector = new ImageInspector(new ImageRoots([In("images")]));
    }

    public static TheoryData<string, string> ForbiddenNames => new()
    {
        { "/etc/passwd", "not under an image root" },
        { "../secret", "not under an image root" },
        { "sub/../../secret", "not under an image root" },
        { "away", "not under an image root" },
        { "missing", "does not exist" },
        { "sub", "is a directory" },
        { "nbd://localhost/x", "not a plain file" },
        { "json:{\"driver\":\"file\",\"filename\":\"/etc/passwd\"}", "not a plain file" },
        { "file:/etc/passwd", "not a plain file" },
        { "fat:rw:/etc", "not a plain file" },
        { ":", "not a plain file" },
    };

    [Theory]
    [MemberData(nameof(ForbiddenNames))]
    public void Backing_file_that_is_no_file_of_the_pool_is_refused(string name, string why) =>
        Refusal(new Qcow2Image().Backing(name)).ShouldContain(why);

    [Theory]
    [MemberData(nameof(ForbiddenNames))]
    public void Data_file_that_is_no_file_of_the_pool_is_refused(string name, string why) =>
        Refusal(new Qcow2Image().DataFile(name)).ShouldContain(why);

    [Fact]
    public void Data_file_without_a_name_is_refused() => Refusal(new Qcow2Image().DataFile(null)).ShouldContain("does not say in which");

    [Fact]
    public void Backing_format_must_be_said() => Refusal(new Qcow2Image().Backing("base.raw", format: null)).ShouldContain("never guessed");

    [Theory]
    [InlineData("vmdk")]
    [InlineData("host_device")]
    [InlineData("RAW")]
    public void Backing_format_must_be_known(string format) =>
        Refusal(new Qcow2Image().Backing("base.raw", format)).ShouldContain("raw and qcow2 are supported");

    [Fact]
    public void Image_based_on_itself_is_refused()
    {
        Refusal(new Qcow2Image().Backing("top", "qcow2")).ShouldContain("based on itself");
        Refusal(new Qcow2Image().DataFile("top")).ShouldContain("based on itself");
    }

    [Fact]
    public void Circle_of_images_is_refused()
    {
        Write("other", new Qcow2Image().Backing("top", "qcow2"));
        Refusal(new Qcow2Image().Backing("other", "qcow2")).ShouldContain("based on itself");
    }

    [Theory]
    [InlineData(16, true)]
    [InlineData(17, false)]
    public void Chain_has_a_limit(int depth, bool allowed)
    {
        for (var i = 1; i < depth; i++)
        {
            Write($"layer{i}", i == depth - 1 ? new Qcow2Image() : new Qcow2Image().Backing($"layer{i + 1}", "qcow2"));
        }

        Write("top", new Qcow2Image().Backing("layer1", "qcow2"));
        _inspector.TryInspect(In("images/top"), DiskFormat.Qcow2, false, out _, out var problem).ShouldBe(allowed, problem);
    }

    [Fact]
    public void Damaged_image_may_only_be_read()
    {
        Write("top", new Qcow2Image().U64(72, 2));
        _inspector.TryInspect(In("images/top"), DiskFormat.Qcow2, readOnly: false, out _, out var problem).ShouldBeFalse();
        problem.ShouldContain("damaged");
        _inspector.TryInspect(In("images/top"), DiskFormat.Qcow2, readOnly: true, out _, out problem).ShouldBeTrue(problem);
    }

    [Fact]
    public void Raw_is_raw_whatever_it_looks_like()
    {
        Write("top", new Qcow2Image().Backing("/etc/passwd"));
        _inspector.TryInspect(In("images/top"), DiskFormat.Raw, false, out var image, out var problem).ShouldBeTrue(problem);
        image.ShouldBe(new ImageLayer { Path = In("images/top"), Format = DiskFormat.Raw, IsBlockDevice = false, VirtualSize = 4 * 65536 });
    }

    [Fact]
    public void Raw_file_is_no_qcow2_image()
    {
        _inspector.TryInspect(In("images/base.raw"), DiskFormat.Qcow2, false, out _, out var problem).ShouldBeFalse();
        problem.ShouldContain("no qcow2 image");
    }

    [Fact]
    public void Chain_and_data_file_are_found_in_full()
    {
        Write("sub/middle", new Qcow2Image(2 << 20).Backing("../base.raw", "raw"));
        Write("top", new Qcow2Image(3 << 20).DataFile("sub/../data").Backing("sub/middle", "qcow2"));
        File.WriteAllBytes(In("images/data"), new byte[512]);
        _inspector.TryInspect(In("images/top"), DiskFormat.Qcow2, false, out var image, out var problem).ShouldBeTrue(problem);

        image.VirtualSize.ShouldBe(3 << 20);
        image.DataFile.ShouldNotBeNull().Path.ShouldBe(In("images/data"));
        var middle = image.Backing.ShouldNotBeNull();
        middle.Path.ShouldBe(In("images/sub/middle"));
        middle.Format.ShouldBe(DiskFormat.Qcow2);
        var bottom = middle.Backing.ShouldNotBeNull();
        bottom.Path.ShouldBe(In("images/base.raw"));
        bottom.Format.ShouldBe(DiskFormat.Raw);
        bottom.Backing.ShouldBeNull();
    }

    [Theory]
    [InlineData("compat=0.10", "1M")]
    [InlineData("compat=1.1", "64M")]
    [InlineData("cluster_size=2M", "100G")]
    [InlineData("cluster_size=512", "1M")]
    [InlineData("extended_l2=on", "1T")]
    [InlineData("compression_type=zstd", "10M")]
    [InlineData("lazy_refcounts=on", "10M")]
    [InlineData("preallocation=metadata", "10M")]
    public async Task What_qemu_img_makes_is_read(string options, string size)
    {
        await GoldenFiles.QemuImgAsync(["create", "-q", "-f", "raw", In("images/below"), size]);
        await GoldenFiles.QemuImgAsync(
            ["create", "-q", "-f", "qcow2", "-o", options, .. options.StartsWith("pre", StringComparison.Ordinal) ? Array.Empty<string>() : ["-b", "below", "-F", "raw"], In("images/made"), size]);
        _inspector.TryInspect(In("images/made"), DiskFormat.Qcow2, false, out var image, out var problem).ShouldBeTrue(problem);
        image.VirtualSize.ShouldBe(new FileInfo(In("images/below")).Length);
    }

    public void Dispose() => _home.Dispose();

    private string Refusal(Qcow2Image top)
    {
        Write("top", top);
        _inspector.TryInspect(In("images/top"), DiskFormat.Qcow2, false, out _, out var problem).ShouldBeFalse();
        return problem.ShouldNotBeNull();
    }

    private void Write(string name, Qcow2Image image) => File.WriteAllBytes(In($"images/{name}"), image.Bytes);

    private string In(string path) => Path.Combine(_home.Path, path);
}
