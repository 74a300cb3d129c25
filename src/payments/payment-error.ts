export { PaymentError } from "../shop/payment.ts";
