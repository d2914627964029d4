using Google.Protobuf.Reflection;
using NodeAgent.Cli.Values;
using NodeAgent.V1;

namespace NodeAgent.Tests.Cli.Values;

public sealed class EnumTextTest
{
    private static readonly EnumDescriptor Restart = VmReflection.Descriptor.FindTypeByName<EnumDescriptor>("RestartMode");

    [Theory]
    [InlineData("on-failure")]
    [InlineData("ON_FAILURE")]
    [InlineData("On_Failure")]
    [InlineData("RESTART_MODE_ON_FAILURE")]
    [InlineData("restart-mode-on-failure")]
    public void The_short_and_the_full_form_are_read_in_any_case(string text)
    {
        EnumText.TryParse(Restart, text, out var number, out _).ShouldBeTrue();
        number.ShouldBe((int)RestartMode.OnFailure);
    }

    [Fact]
    public void An_unknown_value_is_refused_with_those_that_there_are()
    {
        EnumText.TryParse(Restart, "always", out _, out var problem).ShouldBeFalse();
        problem.ShouldBe("'always' is not one of never, on-failure");
    }

    [Fact]
    public void The_short_form_is_written() => EnumText.Format(Restart, (int)RestartMode.OnFailure).ShouldBe("on-failure");

    [Fact]
    public void A_value_is_written_by_its_name_as_by_its_descriptor()
    {
        ShouldAgree<VmState>(VmReflection.Descriptor);
        ShouldAgree<ExitReason>(VmReflection.Descriptor);
        ShouldAgree<KvmVerdict>(NodeReflection.Descriptor);
        ShouldAgree<OperationState>(OperationReflection.Descriptor);
        EnumText.Format((VmState)99).ShouldBe("99");

        static void ShouldAgree<T>(FileDescriptor file)
            where T : struct, Enum =>
            Enum.GetValues<T>().ShouldAllBe(value => EnumText.Format(value) == EnumText.Format(file.FindTypeByName<EnumDescriptor>(typeof(T).Name), Convert.ToInt32(value)));
    }

    [Fact]
    public void A_number_that_this_version_does_not_know_is_written_as_it_is() => EnumText.Format(Restart, 99).ShouldBe("99");
}
