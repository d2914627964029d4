using System.Buffers.Binary;
using System.Text;
using NodeAgent.Bindings.Kvm;

namespace NodeAgent.Hypervisor.Host.SelfTest;

/// <summary>
/// What a self-test guest starts with: its memory (code, greeting, descriptors, page tables) and its registers, which
/// put
/// the processor straight into the mode that is to be tested.
/// <code>
/// 0000  descriptor table       3000  64-bit: page directory pointers
/// 1000  code                         32-bit: page table
/// 2000  64-bit: top table      4000  64-bit: page directory
///       32-bit: page directory 5000  64-bit: page table of the first 2 MiB
///                              6000  greeting;  6800  a word to be found by way of an alias at 40800
/// </code>
/// There is no interrupt table: a guest that faults shuts down, and its runner sees it.
/// </summary>
internal static class GuestState
{
    /// <summary>The port that the guest talks through. Nothing else is there: the VM has no devices.</summary>
    public const ushort Port = 0x4E41;

    /// <summary>Bytes of guest memory.</summary>
    public const int MemoryBytes = 0x10000;

    /// <summary>The constants of a round: Knuth's MMIX generator; 16 and 32-bit guests use their low bits.</summary>
    public const ulong Multiplier = 6364136223846793005;

    /// <inheritdoc cref="Multiplier"/>
    public const ulong Increment = 1442695040888963407;

    /// <summary>Where a row of rounds begins.</summary>
    public const ulong Seed = 0x4E6F64654167656E;

    /// <summary>The word that a guest must find through its page tables.</summary>
    public const uint AliasWord = 0x600D_A11A;

    /// <summary>EFER: long mode enabled and active, and system calls.</summary>
    public const uint LongModeEfer = 0x501;

    /// <summary>Where the guest's code lies, and where it begins.</summary>
    public const int Code = 0x1000;

    /// <summary>Where the processor begins to walk the page tables; 32-bit and 64-bit code.</summary>
    internal const int TopTable = 0x2000;

    private const int Pointers = 0x3000;
    private const int Directory = 0x4000;
    private const int Table = 0x5000;
    private const int Text = 0x6000;
    private const int AliasTarget = 0x6800;
    private const int AliasPage = 0x40000;
    private const int PageBytes = 0x1000;
    private const ulong Present = 0x3;
    private const int TableEntries = MemoryBytes / PageBytes;

    /// <summary>What the guest of <paramref name="mode"/> says first.</summary>
    public static string Greeting(GuestMode mode) => mode switch
    {
        GuestMode.Real16 => "16-bit guest",
        GuestMode.Protected32 => "32-bit guest",
        _ => "64-bit guest",
    };

    /// <summary>Fills the guest's memory.</summary>
    public static void Fill(Span<byte> memory, GuestMode mode, ReadOnlySpan<byte> code)
    {
        code.CopyTo(memory[Code..TopTable]);
        Encoding.ASCII.GetBytes(Greeting(mode), memory[Text..]);
        Write32(memory, AliasTarget, AliasWord);

        // Flat segments over all addresses; entry 0 must be empty. Code is 32-bit or 64-bit, data is the same for both.
        Write(memory, 8, mode == GuestMode.Long64 ? 0x00AF_9B00_0000_FFFFUL : 0x00CF_9B00_0000_FFFFUL);
        Write(memory, 16, 0x00CF_9300_0000_FFFF);
        if (mode == GuestMode.Protected32)
        {
            // Entries of 4 bytes. Every page is mapped to itself, and the alias to the greeting's.
            Write32(memory, TopTable, Pointers | (uint)Present);
            for (var page = 0; page < TableEntries; page++)
            {
                Write32(memory, Pointers + (page * sizeof(uint)), (uint)(page * PageBytes) | (uint)Present);
            }

            Write32(memory, Pointers + (AliasPage / PageBytes * sizeof(uint)), Text | (uint)Present);
        }
        else if (mode == GuestMode.Long64)
        {
            Write(memory, TopTable, Pointers | Present);
            Write(memory, Pointers, Directory | Present);
            Write(memory, Directory, Table | Present);
            for (var page = 0; page < TableEntries; page++)
            {
                Write(memory, Table + (page * sizeof(ulong)), (ulong)(page * PageBytes) | Present);
            }
        }
    }

    /// <summary>The general registers at the start; <see cref="GuestProgram"/> says what each is for.</summary>
    public static KvmRegisters Registers() => new()
    {
        Rip = Code,
        Rflags = 0x2,
        Rsp = MemoryBytes,
        Rdx = Port,
        R11 = Port,
        Rsi = Text,
        Rdi = Seed,
        Rbx = Multiplier,
        Rbp = Increment,
        R8 = Text | Present,
        R9 = Table + (AliasPage / PageBytes * sizeof(ulong)),
        R10 = AliasPage + (AliasTarget - Text),
    };

    /// <summary>Puts the processor, fresh from reset, into <paramref name="mode"/>.</summary>
    public static void Enter(ref KvmSystemRegisters registers, GuestMode mode)
    {
        if (mode == GuestMode.Real16)
        {
            registers.Cs.Base = 0;
            registers.Cs.Selector = 0;
            return;
        }

        var data = new KvmSegment { Limit = uint.MaxValue, Selector = 16, Type = 3, Present = 1, S = 1, G = 1, Db = 1 };
        registers.Ds = registers.Es = registers.Fs = registers.Gs = registers.Ss = data;
        registers.Cs = data with
        {
            Selector = 8,
            Type = 11,
            Db = (byte)(mode == GuestMode.Protected32 ? 1 : 0),
            L = (byte)(mode == GuestMode.Long64 ? 1 : 0),
        };
        registers.Gdt.Base = 0;
        registers.Gdt.Limit = 23;

        // Native floating-point errors, extension type, monitor coprocessor, protection.
        registers.Cr0 = 0x33;
        if (mode == GuestMode.Long64)
        {
            // Paging, without which there is no long mode.
            registers.Cr0 |= 0x8000_0000;
            registers.Cr3 = TopTable;

            // Physical address extension; FXSAVE and SIMD exceptions, without which SSE is not allowed.
            registers.Cr4 = 0x620;
            registers.Efer = LongModeEfer;
        }
    }

    private static void Write32(Span<byte> memory, int address, uint value) =>
        BinaryPrimitives.WriteUInt32LittleEndian(memory[address..], value);

    private static void Write(Span<byte> memory, int address, ulong value) =>
        BinaryPrimitives.WriteUInt64LittleEndian(memory[address..], value);
}
