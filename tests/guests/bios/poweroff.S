/* Greets on COM1 and switches the machine off by itself: a guest whose run ends in order, without being asked. */
        .include "platform.inc"

main:   call    find_power_management
        movw    $greeting, %si
        call    puts
        jmp     power_off

greeting:
        .asciz  "NodeAgent BIOS guest says hello and switches off\r\n"
