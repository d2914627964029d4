/*
 * Does as it is told. It listens to its power button, its keyboard, the non-maskable interrupt and COM1, and says on
 * COM1 what it felt. Letters that it takes from COM1:
 *
 *      o       switch the machine off          r       reset the machine
 *      p       say that the kernel panicked    d       be deaf to the power button from now on
 *      h       halt for ever                   other   echoed: "heard x"
 */
        .include "platform.inc"
        .set    NMI_VECTOR, 2 * 4
        .set    PANIC_PORT, 0x505               /* QEMU's pvpanic on ISA */
        .set    POWER_BUTTON, 0x0100            /* bit 8 of the ACPI registers PM1 status and PM1 enable */

main:   movw    $feel_nmi, NMI_VECTOR
        movw    $0, NMI_VECTOR + 2
        call    find_power_management
        movw    pm_base, %dx
        testw   %dx, %dx
        jz      1f
        movw    $POWER_BUTTON, %ax              /* forget an earlier press, then ask to be told of the next */
        outw    %ax, %dx
        addw    $2, %dx
        outw    %ax, %dx
1:      movw    $greeting, %si
        call    puts

listen: hlt                                     /* the timer wakes us 18 times a second at the latest */
        movw    $LINE_STATUS, %dx
        inb     %dx, %al
        testb   $0x01, %al
        jnz     take_letter
        movb    $0x01, %ah                      /* is there a key? */
        int     $0x16
        jnz     take_key
        movw    pm_base, %dx
        testw   %dx, %dx
        jz      listen
        inw     %dx, %ax
        testw   $POWER_BUTTON, %ax
        jz      listen
        movw    $felt_button, %si
        call    puts
        jmp     power_off

take_letter:
        movw    $COM1, %dx
        inb     %dx, %al
        cmpb    $'o', %al
        je      power_off
        cmpb    $'r', %al
        je      reset
        cmpb    $'p', %al
        je      panic
        cmpb    $'h', %al
        je      halt
        cmpb    $'d', %al
        je      be_deaf
        movw    $heard, %si
        call    puts_and_letter
        jmp     listen

take_key:
        xorb    %ah, %ah
        int     $0x16
        movw    $felt_key, %si
        call    puts_and_letter
        jmp     listen

panic:  movw    $PANIC_PORT, %dx
        movb    $0x01, %al
        outb    %al, %dx
        jmp     halt

/* The hardware does not raise the button's status while it is not enabled. */
be_deaf:
        movw    pm_base, %dx
        testw   %dx, %dx
        jz      listen
        addw    $2, %dx
        xorw    %ax, %ax
        outw    %ax, %dx
        movw    $deaf, %si
        call    puts
        jmp     listen

/* Prints the string at %si, the letter in %al, and the end of the line. */
puts_and_letter:
        pushw   %ax
        call    puts
        popw    %ax
        call    putc
        movw    $end_of_line, %si
        jmp     puts

feel_nmi:
        pushal
        movw    $felt_nmi, %si
        call    puts
        popal
        iretw

greeting:
        .asciz  "NodeAgent BIOS guest obeys\r\n"
felt_button:
        .asciz  "felt the power button\r\n"
felt_nmi:
        .asciz  "felt an NMI\r\n"
felt_key:
        .asciz  "felt key "
heard:  .asciz  "heard "
deaf:   .asciz  "deaf to the power button\r\n"
end_of_line:
        .asciz  "\r\n"
