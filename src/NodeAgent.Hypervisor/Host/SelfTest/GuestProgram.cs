namespace NodeAgent.Hypervisor.Host.SelfTest;

/// <summary>
/// The self-test's guest. It talks to its runner through one I/O port, so that every step is an exit that can be
/// checked:
/// <code>
/// greet     writes the greeting, a byte at a time
/// work      reads a number of rounds; with 0 goes on to "exits", else does the rounds, writes the result, asks again
/// exits     writes a byte <see cref="Exits"/> times in a row, to be timed
/// kernel    does what a kernel of its mode does and a simple program does not:
///           32-bit: turns paging on and reads through it
///           64-bit: changes a page table, reloads CR3, reads and writes EFER, and uses SSE2, which every
///                   x86-64 compiler takes for granted
/// </code>
/// and ends with HLT. One round is <c>x = x * multiplier + increment</c> in the mode's own word: each step needs the
/// one
/// before, so neither a processor nor a compiler can shorten it, and the result proves that it was done.
/// </summary>
/// <remarks>The registers at the start are <see cref="GuestState"/>'s; there the constants are.</remarks>
internal static class GuestProgram
{
    /// <summary>How many port exits in a row are timed.</summary>
    public const int Exits = 100;

    /// <summary>The program for <paramref name="mode"/>.</summary>
    public static GuestAssembler For(GuestMode mode)
    {
        var code = new GuestAssembler();
        Greet(code);
        Work(code, mode);
        for (var exit = 0; exit < Exits; exit++)
        {
            code.Op("out dx, al", 0xEE);
        }

        if (mode == GuestMode.Protected32)
        {
            TurnPagingOn(code);
        }
        else if (mode == GuestMode.Long64)
        {
            ChangePaging(code);
            UseSimd(code);
        }

        code.Op("hlt", 0xF4);
        return code;
    }

    /// <summary>A guest that never exits: what a hung kernel looks like from outside.</summary>
    public static GuestAssembler Endless()
    {
        var code = new GuestAssembler();
        code.Label("forever");
        code.Jump("jmp", 0xEB, "forever");
        return code;
    }

    private static void Greet(GuestAssembler code)
    {
        code.Label("greet");
        code.Op("lodsb", 0xAC);
        code.Op("test al, al", 0x84, 0xC0);
        code.Jump("jz", 0x74, "work");
        code.Op("out dx, al", 0xEE);
        code.Jump("jmp", 0xEB, "greet");
    }

    private static void Work(GuestAssembler code, GuestMode mode)
    {
        var (a, b, bp, di) = mode switch
        {
            GuestMode.Real16 => ("ax", "bx", "bp", "di"),
            GuestMode.Protected32 => ("eax", "ebx", "ebp", "edi"),
            _ => ("rax", "rbx", "rbp", "rdi"),
        };

        // In 16-bit code 66h reaches a 32-bit register; in 64-bit code 48h (REX.W) reaches a 64-bit one.
        ReadOnlySpan<byte> to32 = mode == GuestMode.Real16 ? [0x66] : [];
        ReadOnlySpan<byte> word = mode == GuestMode.Long64 ? [0x48] : [];

        code.Label("work");
        code.Op("in eax, dx", [.. to32, 0xED]);
        code.Op("test eax, eax", [.. to32, 0x85, 0xC0]);
        code.Jump("jz", 0x74, "exits");
        code.Op("mov ecx, eax", [.. to32, 0x89, 0xC1]);
        code.Op($"mov {a}, {di}", [.. word, 0x89, 0xF8]);
        code.Label("round");
        code.Op($"imul {a}, {b}", [.. word, 0x0F, 0xAF, 0xC3]);
        code.Op($"add {a}, {bp}", [.. word, 0x01, 0xE8]);
        code.Op("dec ecx", mode == GuestMode.Long64 ? [0xFF, 0xC9] : [.. to32, 0x49]);
        code.Jump("jnz", 0x75, "round");
        code.Op(mode == GuestMode.Real16 ? "out dx, ax" : "out dx, eax", 0xEF);
        if (mode == GuestMode.Long64)
        {
            code.Op("shr rax, 32", 0x48, 0xC1, 0xE8, 0x20);
            code.Op("out dx, eax", 0xEF);
        }

        code.Jump("jmp", 0xEB, "work");
        code.Label("exits");
    }

    /// <summary>
    /// The tables lie ready at <see cref="GuestState.TopTable"/>, with a page mapped to an alias address.
    /// </summary>
    private static void TurnPagingOn(GuestAssembler code)
    {
        code.Op("mov eax, 0x2000", 0xB8, 0x00, 0x20, 0x00, 0x00);
        code.Op("mov cr3, eax", 0x0F, 0x22, 0xD8);
        code.Op("mov eax, cr0", 0x0F, 0x20, 0xC0);
        code.Op("or eax, 0x80000000", 0x0D, 0x00, 0x00, 0x00, 0x80);
        code.Op("mov cr0, eax", 0x0F, 0x22, 0xC0);
        code.Op("mov eax, ds:0x40800", 0xA1, 0x00, 0x08, 0x04, 0x00);
        code.Op("out dx, eax", 0xEF);
    }

    /// <summary>
    /// r8 holds a page table entry, r9 the place for it in the table (mapped like all else), r10 the address that it
    /// maps: reading there must give what lies in the page that the entry names.
    /// </summary>
    private static void ChangePaging(GuestAssembler code)
    {
        code.Op("mov [r9], r8", 0x4D, 0x89, 0x01);
        code.Op("invlpg [r10]", 0x41, 0x0F, 0x01, 0x3A);
        code.Op("mov rax, cr3", 0x0F, 0x20, 0xD8);
        code.Op("mov cr3, rax", 0x0F, 0x22, 0xD8);
        code.Op("mov eax, [r10]", 0x41, 0x8B, 0x02);
        code.Op("out dx, eax", 0xEF);
        code.Op("mov ecx, 0xC0000080", 0xB9, 0x80, 0x00, 0x00, 0xC0);
        code.Op("rdmsr", 0x0F, 0x32);
        code.Op("wrmsr", 0x0F, 0x30);

        // RDMSR has overwritten the port in dx; r11 keeps it.
        code.Op("mov rdx, r11", 0x4C, 0x89, 0xDA);
        code.Op("out dx, eax", 0xEF);
    }

    private static void UseSimd(GuestAssembler code)
    {
        code.Op("movq xmm0, rdi", 0x66, 0x48, 0x0F, 0x6E, 0xC7);
        code.Op("paddq xmm0, xmm0", 0x66, 0x0F, 0xD4, 0xC0);
        code.Op("movq rax, xmm0", 0x66, 0x48, 0x0F, 0x7E, 0xC0);
        code.Op("out dx, eax", 0xEF);
    }
}
