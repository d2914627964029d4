using System.CommandLine;
using Google.Protobuf.WellKnownTypes;
using ReferenceManager.Admin.V1;

namespace ReferenceManager.Commands;

/// <summary><c>cert issue</c>, <c>revoke</c>, <c>rotate-ca</c>.</summary>
internal static class CertificateCommands
{
    public static Command Cert(Func<Command, Func<Call, Task>, Command> asking)
    {
        var role = new Option<string>("--role") { Description = "manager, admin, operator, viewer or metrics.", Required = true };
        var name = new Option<string>("--name") { Description = "Whose it is.", Required = true };
        var directory = new Option<string>("--out") { Description = "Directory for cert.pem, key.pem and ca.pem.", Required = true };
        var validity = new Option<string>("--validity") { Description = "How long it is valid.", DefaultValueFactory = _ => "90d" };
        var issue = asking(new Command("issue", "Issue a certificate for a person or a program.") { role, name, directory, validity }, async call =>
        {
            var issued = await call.Api.IssueCertificateAsync(
                new IssueCertificateRequest
                {
                    Role = call.Said.GetValue(role),
                    Name = call.Said.GetValue(name),
                    Validity = Duration.FromTimeSpan(Span.Parse(call.Said.GetValue(validity)!)),
                },
                cancellationToken: call.Cancellation);
            var path = Directory.CreateDirectory(call.Said.GetValue(directory)!).FullName;
            await SaveAsync(Path.Combine(path, "key.pem"), issued.KeyPem);
            await SaveAsync(Path.Combine(path, "cert.pem"), issued.CertificatePem);
            await SaveAsync(Path.Combine(path, "ca.pem"), issued.CaPem);
            // Neither form repeats the key, which belongs into its file and no log.
            issued.KeyPem = "";
            call.Write(issued, to => to.WriteLine($"{path}: cert.pem, key.pem, ca.pem; serial {issued.Serial}"));
        });
        return new Command("cert", "Certificates of the fleet.") { issue };
    }

    public static Command Revoke(Func<Command, Func<Call, Task>, Command> asking)
    {
        var what = new Argument<string>("NODE|SERIAL") { Description = "A node, which means all its certificates, or a serial number." };
        return asking(new Command("revoke", "Take certificates back, for good.") { what }, async call =>
        {
            var answer = await call.Api.RevokeAsync(new RevokeRequest { What = call.Said.GetValue(what) }, cancellationToken: call.Cancellation);
            call.Write(answer, to => to.WriteLine($"revoked {answer.Serials.Count}, trust version {answer.TrustVersion}"));
        });
    }

    public static Command RotateCa(Func<Command, Func<Call, Task>, Command> asking)
    {
        var force = new Option<bool>("--force") { Description = "Leave behind the nodes that have not followed." };
        return new Command("rotate-ca", "Replace the certificate authority.")
        {
            Step(asking, "begin", "Make a new authority; the nodes trust both.", RotateAuthorityRequest.Types.Step.Begin),
            Step(asking, "status", "Show how far it is.", RotateAuthorityRequest.Types.Step.Status),
            Step(asking, "finish", "Trust the new authority only.", RotateAuthorityRequest.Types.Step.Finish, force),
        };
    }

    private static Command Step(
        Func<Command, Func<Call, Task>, Command> asking, string name, string what, RotateAuthorityRequest.Types.Step step, Option<bool>? force = null)
    {
        var command = new Command(name, what);
        if (force is not null)
        {
            command.Add(force);
        }

        return asking(command, async call =>
        {
            var status = await call.Api.RotateAuthorityAsync(
                new RotateAuthorityRequest { Step = step, Force = force is not null && call.Said.GetValue(force) }, cancellationToken: call.Cancellation);
            call.Write(status, to => to.WriteLine(
                $"{status.Phase}, trust version {status.TrustVersion}{(status.WaitingFor.Count > 0 ? $", waiting for {string.Join(", ", status.WaitingFor)}" : "")}"));
        });
    }

    private static async Task SaveAsync(string path, string text)
    {
        await using var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        await file.WriteAsync(System.Text.Encoding.ASCII.GetBytes(text));
    }
}
