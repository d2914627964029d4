using NodeAgent.Bindings.Linux;
using NodeAgent.Hypervisor.Qemu;

namespace NodeAgent.Tests.Hypervisor.Units;

/// <summary>What a unit noted of its end, in systemd's words.</summary>
public sealed class UnitEndTests
{
    [Theory]
    [InlineData("result=success\ncode=exited\nstatus=0\noom_kills=0", 0, null, false)]
    [InlineData("result=exit-code\ncode=exited\nstatus=1\noom_kills=0", 1, null, false)]
    [InlineData("result=signal\ncode=killed\nstatus=KILL\noom_kills=0", null, 9, false)]
    [InlineData("result=signal\ncode=killed\nstatus=SEGV\noom_kills=0", null, 11, false)]
    [InlineData("result=oom-kill\ncode=killed\nstatus=KILL\noom_kills=0", null, 9, true)]
    [InlineData("result=signal\ncode=killed\nstatus=KILL\noom_kills=2", null, 9, true)]
    [InlineData("result=signal\ncode=killed\nstatus=33\noom_kills=0", null, 33, false)]
    public void Note_tells_the_end(string note, int? code, int? signal, bool outOfMemory) =>
        UnitEnd.Parse(note.Split('\n')).ShouldBe(new ProcessExit(code, signal, false) { OutOfMemory = outOfMemory });

    [Fact]
    public void Core_dump_is_told() =>
        UnitEnd.Parse(["result=core-dump", "code=dumped", "status=ABRT"]).ShouldBe(new ProcessExit(null, 6, true));

    [Theory]
    [InlineData("")]
    [InlineData("code=")]
    [InlineData("code=walked away\nstatus=1")]
    [InlineData("=\n==\ncode")]
    [InlineData("result=signal\nresult=oom-kill")]
    public void Torn_or_strange_note_tells_nothing(string note) => UnitEnd.Parse(note.Split('\n')).IsKnown.ShouldBeFalse();
}
