/*
 * Works for ever: on each tick of the timer it dirties 64 KiB of memory, writes a sector of its disk, and counts
 * aloud on COM1 ("tick 17"). A guest that was paused goes on where it stood; one that was started anew begins at 1.
 */
        .include "platform.inc"
        .set    SCRATCH_SEGMENT, 0x2000
        .set    SCRATCH_SECTOR, 64              /* behind the program, within the image's first MiB */

main:   movw    $greeting, %si
        call    puts
next:   call    sleep_a_tick
        incl    count

        movw    $SCRATCH_SEGMENT, %ax           /* a segment is 64 KiB: all of it gets the count */
        movw    %ax, %es
        movl    count, %eax
        xorw    %di, %di
        movw    $0x4000, %cx
        rep stosl
        xorw    %ax, %ax
        movw    %ax, %es

        movw    $scratch, %si
        movw    $0x4300, %ax                    /* extended write, without verification */
        movb    boot_drive, %dl
        int     $0x13
        jc      unwritable

        movw    $tick, %si
        call    puts
        movl    count, %eax
        call    put_number
        movw    $end_of_line, %si
        call    puts
        jmp     next

unwritable:
        movw    $failure, %si
        call    puts
        jmp     halt

scratch:
        .byte   16, 0
        .word   1, 0, SCRATCH_SEGMENT
        .quad   SCRATCH_SECTOR
count:  .long   0
greeting:
        .asciz  "NodeAgent BIOS guest ticks\r\n"
tick:   .asciz  "tick "
failure:
        .asciz  "NodeAgent BIOS guest: its disk cannot be written\r\n"
end_of_line:
        .asciz  "\r\n"
