using Grpc.Core;
using Prometheus;

namespace NodeAgent.Metrics;

/// <summary>Calls of the API.</summary>
internal sealed class RpcMetrics
{
    private readonly Counter _calls;
    private readonly Histogram _duration;
    private readonly Gauge _open;

    public RpcMetrics(MetricsRegistry registry)
    {
        _calls = registry.Factory.CreateCounter(
            "nodeagent_rpc_requests_total", "Finished gRPC calls by method and status code.", "method", "code");
        _duration = registry.Factory.CreateHistogram(
            "nodeagent_rpc_duration_seconds", "Duration of gRPC calls that answer once, by method.", ["method"],
            new HistogramConfiguration { Buckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 1] });
        _open = registry.Factory.CreateGauge("nodeagent_rpc_streams", "Open gRPC streams and waits.");
    }

    /// <summary>A call has ended.</summary>
    /// <param name="method">Its name in the contract.</param>
    /// <param name="code">How it ended.</param>
    /// <param name="duration">How long it took; <c>null</c> for a stream.</param>
    public void Finished(string method, StatusCode code, TimeSpan? duration)
    {
        _calls.WithLabels(method, code.ToString()).Inc();
        if (duration is { } time)
        {
            _duration.WithLabels(method).Observe(time.TotalSeconds);
        }
    }

    /// <summary>A stream has begun; dispose when it ends.</summary>
    public IDisposable Open() => _open.TrackInProgress();
}
