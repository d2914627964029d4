/*
 * A 32-bit multiboot kernel, which QEMU loads itself (-kernel): it greets on COM1, then dirties a MiB of memory and
 * counts aloud, for ever. It takes letters from COM1 meanwhile:
 *
 *      p       say that the kernel panicked
 *      w       arm the watchdog (i6300ESB) with about half a second, and never feed it
 *      q       be quiet: do nothing more than listen
 *
 * It says so when it gets a non-maskable interrupt, and goes on.
 */
        .set    MULTIBOOT_MAGIC, 0x1badb002
        .set    MULTIBOOT_FLAGS, 0
        .set    COM1, 0x3f8
        .set    LINE_STATUS, COM1 + 5
        .set    PANIC_PORT, 0x505               /* QEMU's pvpanic on ISA */
        .set    CONFIG_ADDRESS, 0xcf8
        .set    CONFIG_DATA, 0xcfc
        .set    WATCHDOG, 0x25ab8086            /* device and vendor of the i6300ESB */
        .set    DIRTY_FROM, 0x200000
        .set    DIRTY_TO, 0x300000
        .set    TICK_LOOPS, 0x2000

        .text
        .long   MULTIBOOT_MAGIC
        .long   MULTIBOOT_FLAGS
        .long   -(MULTIBOOT_MAGIC + MULTIBOOT_FLAGS)

        .globl  _start
_start: movl    $0x90000, %esp
        cld
        lgdt    gdt_pointer                     /* the loader's own need not be there any more */
        ljmp    $CODE, $1f
1:      movw    $DATA, %ax
        movw    %ax, %ds
        movw    %ax, %es
        movw    %ax, %ss
        movl    $nmi, %eax                      /* a gate has its target in two halves */
        movw    %ax, nmi_gate
        movw    $CODE, nmi_gate + 2
        movw    $0x8e00, nmi_gate + 4           /* present, a 32-bit interrupt gate */
        shrl    $16, %eax
        movw    %ax, nmi_gate + 6
        lidt    idt_pointer
        movl    $greeting, %esi
        call    puts

next:   cmpb    $0, quiet
        jne     1f
        incl    count
        movl    count, %eax
        movl    $DIRTY_FROM, %edi
2:      movl    %eax, (%edi)
        addl    $4096, %edi
        cmpl    $DIRTY_TO, %edi
        jb      2b
        movl    $tick, %esi
        call    puts
        call    put_number
        movb    $'\n', %al
        call    putc
1:      movl    $TICK_LOOPS, %ecx
3:      movw    $LINE_STATUS, %dx
        inb     %dx, %al
        testb   $0x01, %al
        jnz     obey
        pause
        loop    3b
        jmp     next

obey:   movw    $COM1, %dx
        inb     %dx, %al
        cmpb    $'p', %al
        je      panic
        cmpb    $'w', %al
        je      arm_watchdog
        cmpb    $'q', %al
        jne     next
        movb    $1, quiet
        movl    $is_quiet, %esi
        call    puts
        jmp     next

nmi:    pushal
        movl    $got_nmi, %esi
        call    puts
        popal
        iret

panic:  movw    $PANIC_PORT, %dx
        movb    $0x01, %al
        outb    %al, %dx
halt:   cli
        hlt
        jmp     halt

/*
 * The watchdog counts down twice; the second end is the one that acts. Its preload registers take a value only after
 * the bytes 0x80 and 0x86 went to the reload register. A count is 2^15 cycles of 33 MHz, about a millisecond.
 */
        .set    PRELOAD_1, 0x00
        .set    PRELOAD_2, 0x04
        .set    RELOAD, 0x0c
        .set    LOCK_REGISTER, 0x68
        .set    WATCHDOG_ENABLE, 0x02
arm_watchdog:
        movl    $0x80000000, %ebx               /* look at function 0 of each of the 32 devices of bus 0 */
1:      movl    %ebx, %eax
        call    read_config
        cmpl    $WATCHDOG, %eax
        je      2f
        addl    $0x800, %ebx
        cmpl    $0x80010000, %ebx
        jb      1b
        movl    $no_watchdog, %esi
        call    puts
        jmp     next
2:      leal    0x10(%ebx), %eax                /* its only memory window */
        call    read_config
        andl    $~0xf, %eax
        movl    %eax, %edi
        movl    $PRELOAD_1, %ecx
        call    set_preload
        movl    $PRELOAD_2, %ecx
        call    set_preload
        movl    $watchdog_armed, %esi           /* said before it is true: afterwards there may be no time */
        call    puts
        leal    LOCK_REGISTER(%ebx), %eax
        movw    $CONFIG_ADDRESS, %dx
        outl    %eax, %dx
        movw    $CONFIG_DATA, %dx
        movb    $WATCHDOG_ENABLE, %al
        outb    %al, %dx
        jmp     next

set_preload:
        movw    $0x80, RELOAD(%edi)
        movw    $0x86, RELOAD(%edi)
        movl    $250, (%edi, %ecx)
        ret

/* Reads the PCI configuration register whose address is in %eax. */
read_config:
        movw    $CONFIG_ADDRESS, %dx
        outl    %eax, %dx
        movw    $CONFIG_DATA, %dx
        inl     %dx, %eax
        ret

/* Prints the string at %esi on COM1. */
puts:   pushl   %eax
1:      lodsb
        testb   %al, %al
        jz      2f
        call    putc
        jmp     1b
2:      popl    %eax
        ret

/* Prints %al on COM1, waiting until the transmitter takes it. */
putc:   pushl   %edx
        pushl   %eax
        movw    $LINE_STATUS, %dx
1:      inb     %dx, %al
        testb   $0x20, %al
        jz      1b
        popl    %eax
        movw    $COM1, %dx
        outb    %al, %dx
        popl    %edx
        ret

/* Prints %eax in decimal. */
put_number:
        pushal
        xorl    %ecx, %ecx
        movl    $10, %ebx
1:      xorl    %edx, %edx
        divl    %ebx
        pushl   %edx
        incl    %ecx
        testl   %eax, %eax
        jnz     1b
2:      popl    %eax
        addb    $'0', %al
        call    putc
        loop    2b
        popal
        ret

        .balign 8
gdt:    .quad   0, 0x00cf9a000000ffff, 0x00cf92000000ffff
gdt_pointer:
        .word   . - gdt - 1
        .long   gdt
        .set    CODE, 0x08
        .set    DATA, 0x10

        .balign 8
idt:    .quad   0, 0                            /* exceptions 0 and 1 do not happen */
nmi_gate:
        .quad   0
idt_pointer:
        .word   . - idt - 1
        .long   idt

count:  .long   0
quiet:  .byte   0
greeting:
        .asciz  "NodeAgent 32-bit guest says hello\n"
tick:   .asciz  "tick "
is_quiet:
        .asciz  "quiet\n"
no_watchdog:
        .asciz  "there is no watchdog\n"
got_nmi:
        .asciz  "non-maskable interrupt\n"
watchdog_armed:
        .asciz  "watchdog armed\n"
