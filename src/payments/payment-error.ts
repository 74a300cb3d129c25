export { PaymentError } from "../shop/orders/payments/payment.ts";
