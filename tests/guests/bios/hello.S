/* Greets on COM1 and stands still: the smallest guest that shows a sign of life. */
        .include "platform.inc"

main:   movw    $greeting, %si
        call    puts
        jmp     halt

greeting:
        .asciz  "NodeAgent BIOS guest says hello\r\n"
