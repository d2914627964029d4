using System.Diagnostics;
using NodeAgent.Hypervisor.Host.SelfTest;

namespace NodeAgent.Tests.Hypervisor.Host.SelfTest;

public sealed class GuestProgramTest : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("guest-program-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(GuestMode.Real16, "16")]
    [InlineData(GuestMode.Protected32, "32")]
    [InlineData(GuestMode.Long64, "64")]
    public async Task Machine_code_is_what_the_GNU_assembler_makes_of_the_listing(GuestMode mode, string bits)
    {
        Assert.SkipUnless(
            File.Exists("/usr/bin/as") && File.Exists("/usr/bin/objcopy"), "binutils are not installed.");
        var program = GuestProgram.For(mode);
        var source = Path.Combine(_folder, "guest.s");
        await File.WriteAllTextAsync(
            source, $".intel_syntax noprefix\n.code{bits}\n{program.Listing}", TestContext.Current.CancellationToken);
        await Run("/usr/bin/as", "-o", $"{source}.o", source);
        await Run("/usr/bin/objcopy", "-O", "binary", "-j", ".text", $"{source}.o", $"{source}.bin");

        var assembled = await File.ReadAllBytesAsync($"{source}.bin", TestContext.Current.CancellationToken);
        Convert.ToHexString(program.Assemble()).ShouldBe(Convert.ToHexString(assembled));
    }

    [Fact]
    public void Program_ends_before_the_page_tables_begin()
    {
        foreach (var mode in Enum.GetValues<GuestMode>())
        {
            GuestProgram.For(mode).Assemble().Length.ShouldBeLessThan(GuestState.TopTable - GuestState.Code);
        }
    }

    private static async Task Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        process.ExitCode.ShouldBe(0);
    }
}
