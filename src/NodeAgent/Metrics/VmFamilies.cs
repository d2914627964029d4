using Prometheus;

namespace NodeAgent.Metrics;

/// <summary>The names of all series of VMs. They are a contract: docs/metrics.md lists them and a test compares.</summary>
internal sealed class VmFamilies
{
    public VmFamilies(MetricFactory factory)
    {
        Count = factory.CreateGauge("nodeagent_vms", "VMs on this node by state.", "state");
        Info = factory.CreateGauge("nodeagent_vm_info", "1; the labels tell the VM's id, machine type and accelerator (empty while stopped).", "vm", "id", "machine", "accelerator");
        State = factory.CreateGauge("nodeagent_vm_state", "1 for the state that the VM is in, 0 for the others.", "vm", "state");
        StateTime = factory.CreateGauge("nodeagent_vm_state_timestamp_seconds", "Since when the VM is in its state, in Unix time.", "vm");
        Condition = factory.CreateGauge("nodeagent_vm_condition", "1 while something is wrong with the VM besides its state, 0 after it is right again.", "vm", "type");
        Memory = factory.CreateGauge("nodeagent_vm_memory_bytes", "RAM of the guest as asked for.", "vm");
        Vcpus = factory.CreateGauge("nodeagent_vm_vcpus", "Virtual CPUs of the guest as asked for.", "vm");
        Restarts = factory.CreateGauge("nodeagent_vm_restart_attempts", "Restarts in a row by the restart policy.", "vm");
        Exits = factory.CreateCounter("nodeagent_vm_ends_total", "Runs of the VM that ended while this agent looked, by reason.", "vm", "reason");
        StartTime = factory.CreateGauge("nodeagent_vm_start_time_seconds", "When the VM's process was started, in Unix time.", "vm");
        SampleTime = factory.CreateGauge("nodeagent_vm_sample_timestamp_seconds", "When the VM's figures below were taken, in Unix time. An old one means that its QEMU does not answer.", "vm");
        Rss = factory.CreateGauge("nodeagent_vm_resident_memory_bytes", "Resident memory of the VM's process.", "vm");
        Cpu = factory.CreateCounter("nodeagent_vm_cpu_seconds_total", "CPU time of the VM's whole process, user and system.", "vm");
        VcpuTime = factory.CreateCounter("nodeagent_vm_vcpu_seconds_total", "CPU time of each virtual CPU's thread.", "vm", "vcpu");
        VcpuExits = factory.CreateCounter("nodeagent_vm_vcpu_exits_total", "KVM exits of each virtual CPU, where the kernel tells.", "vm", "vcpu");
        Balloon = factory.CreateGauge("nodeagent_vm_balloon_bytes", "What the balloon leaves to the guest.", "vm");
        ReadBytes = factory.CreateCounter("nodeagent_vm_block_read_bytes_total", "Bytes that the guest read from a disk.", "vm", "device");
        WrittenBytes = factory.CreateCounter("nodeagent_vm_block_written_bytes_total", "Bytes that the guest wrote to a disk.", "vm", "device");
        Reads = factory.CreateCounter("nodeagent_vm_block_reads_total", "Read operations of the guest on a disk.", "vm", "device");
        Writes = factory.CreateCounter("nodeagent_vm_block_writes_total", "Write operations of the guest on a disk.", "vm", "device");
        Flushes = factory.CreateCounter("nodeagent_vm_block_flushes_total", "Flush operations of the guest on a disk.", "vm", "device");
    }

    public Gauge Count { get; }

    public Gauge Info { get; }

    public Gauge State { get; }

    public Gauge StateTime { get; }

    public Gauge Condition { get; }

    public Gauge Memory { get; }

    public Gauge Vcpus { get; }

    public Gauge Restarts { get; }

    public Counter Exits { get; }

    public Gauge StartTime { get; }

    public Gauge SampleTime { get; }

    public Gauge Rss { get; }

    public Counter Cpu { get; }

    public Counter VcpuTime { get; }

    public Counter VcpuExits { get; }

    public Gauge Balloon { get; }

    public Counter ReadBytes { get; }

    public Counter WrittenBytes { get; }

    public Counter Reads { get; }

    public Counter Writes { get; }

    public Counter Flushes { get; }
}
