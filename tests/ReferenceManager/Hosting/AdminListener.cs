using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using ReferenceManager.Admin;

namespace ReferenceManager.Hosting;

/// <summary>The socket for the manager's own command line. It asks nobody who he is: only the manager's own user can open it.</summary>
internal static class AdminListener
{
    /// <summary>Builds it; it answers once it is started.</summary>
    public static WebApplication Build(string path, AdminEndpoint admin, ILoggerFactory logs)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "reference-manager", ContentRootPath = "/" });
        builder.Services.AddSingleton(logs).AddRoutingCore().AddSingleton(admin);
        builder.Services.AddGrpc();
        // A manager that was killed leaves its socket behind; that no other one lives here, the lock has shown.
        File.Delete(path);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
            kestrel.ListenUnixSocket(path, listen => listen.Protocols = HttpProtocols.Http2));

        var app = builder.Build();
        app.UseRouting();
        app.MapGrpcService<AdminEndpoint>();
        return app;
    }
}
