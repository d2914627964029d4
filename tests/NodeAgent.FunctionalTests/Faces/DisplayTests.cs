using System.Buffers.Binary;
using Grpc.Core;
using NodeAgent.FunctionalTests.Agents;
using NodeAgent.FunctionalTests.Guests;
using NodeAgent.V1;

namespace NodeAgent.FunctionalTests.Faces;

/// <summary>Display, keyboard and interrupt, by nodectl.</summary>
public sealed class DisplayTests
{
    [Fact]
    public async Task Screenshot_is_a_picture_with_the_size_of_the_screen()
    {
        await using var agent = await Agent.StartAsync();
        var spec = Guest.Bios(agent, "hello");
        spec.Spec.Display = new DisplaySpec { Vnc = true };
        await agent.Client.CreateAndStartAsync(spec);
        await agent.Client.UntilPrintedAsync("hello", Guest.HelloGreeting);
        var file = Path.Combine(agent.Root, "screen.png");

        (await new Nodectl(agent).RunAsync("vm", "screenshot", "hello", "-f", file)).Succeeded();

        // PNG specification: eight bytes of signature, then the chunk IHDR with width and height.
        var picture = await File.ReadAllBytesAsync(file);
        picture[..8].ShouldBe([0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10]);
        BinaryPrimitives.ReadInt32BigEndian(picture.AsSpan(16)).ShouldBeInRange(320, 4096);
        BinaryPrimitives.ReadInt32BigEndian(picture.AsSpan(20)).ShouldBeInRange(200, 4096);
        picture[^8..^4].ShouldBe("IEND"u8.ToArray(), "the picture is whole");
    }

    [Fact]
    public async Task Key_and_interrupt_reach_the_guest()
    {
        await using var agent = await Agent.StartAsync();
        var nodectl = new Nodectl(agent);
        await agent.Client.CreateAndStartAsync(Guest.Bios(agent, "obey"));
        await using var console = await ConsoleClient.AttachAsync(agent.Client, "obey", history: true);
        await console.UntilAsync(Guest.ObeyGreeting);

        (await nodectl.RunAsync("vm", "send-key", "obey", "k")).Succeeded();
        await console.UntilAsync("felt key k");
        (await nodectl.RunAsync("vm", "nmi", "obey")).Succeeded();
        await console.UntilAsync("felt an NMI");

        var refusal = await Should.ThrowAsync<RpcException>(async () =>
            await agent.Client.Vms.SendKeysAsync(new SendKeysRequest { Vm = "obey", Keys = { "ctrl", "no-such-key" } }));
        refusal.StatusCode.ShouldBe(StatusCode.InvalidArgument);
        refusal.Status.Detail.ShouldStartWith("keys[1]: ");
        refusal.Status.Detail.ShouldContain("no-such-key");
    }
}
