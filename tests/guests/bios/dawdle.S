/*
 * Obeys its power button, and takes its time: a guest that has services to stop before it switches itself off. It does
 * so about two seconds after the button was pressed, and says on COM1 when it began and when it was done.
 */
        .include "platform.inc"
        .set    POWER_BUTTON, 0x0100            /* bit 8 of the ACPI registers PM1 status and PM1 enable */
        .set    TICKS_TO_DAWDLE, 37             /* of 55 ms */

main:   call    find_power_management
        movw    pm_base, %dx
        movw    $POWER_BUTTON, %ax              /* forget an earlier press, then ask to be told of the next */
        outw    %ax, %dx
        addw    $2, %dx
        outw    %ax, %dx
        movw    $greeting, %si
        call    puts

listen: call    sleep_a_tick
        movw    pm_base, %dx
        inw     %dx, %ax
        testw   $POWER_BUTTON, %ax
        jz      listen

        movw    $felt_button, %si
        call    puts
        movw    $TICKS_TO_DAWDLE, %cx
1:      call    sleep_a_tick
        loop    1b
        movw    $done, %si
        call    puts
        jmp     power_off

greeting:
        .asciz  "NodeAgent BIOS guest dawdles\r\n"
felt_button:
        .asciz  "felt the power button, and takes its time\r\n"
done:   .asciz  "done at last\r\n"
