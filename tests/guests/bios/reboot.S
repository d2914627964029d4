/* Greets on COM1 and resets the machine, again and again, about once a second. */
        .include "platform.inc"

main:   movw    $greeting, %si
        call    puts
        movw    $18, %cx
1:      call    sleep_a_tick
        loop    1b
        jmp     reset

greeting:
        .asciz  "NodeAgent BIOS guest says hello and reboots\r\n"
